//! The notices and warnings that the server sends to a session.

use postgres::Config;
use postgres::error::DbError;
use std::sync::{Arc, Mutex, PoisonError};

/// The notices and warnings that a connection has received.
#[derive(Clone, Default)]
pub struct Notices(Arc<Mutex<Vec<DbError>>>);

impl Notices {
    /// Takes the notices since the last call. A warning of COPY may arrive only with the session's
    /// next result.
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
