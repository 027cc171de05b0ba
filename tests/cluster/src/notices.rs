//! What a server says to a session beside its answers.

use postgres::Config;
use postgres::error::DbError;
use std::sync::{Arc, Mutex, PoisonError};

/// The notices and warnings that a connection got.
#[derive(Clone, Default)]
pub struct Notices(Arc<Mutex<Vec<DbError>>>);

impl Notices {
    /// Those that came since the last call. A COPY's warnings may come with the session's next answer only.
    pub fn take(&self) -> Vec<DbError> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn collect_from(&self, config: &mut Config) {
        let notices = self.clone();
        config.notice_callback(move |notice| {
            notices.0.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
        });
    }
}
