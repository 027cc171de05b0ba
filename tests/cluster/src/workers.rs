//! Work that is distributed over threads.

use anyhow::Result;

/// Runs `work` for each item on `workers` threads, and returns the results in no particular order,
/// or the first error.
///
/// # Panics
/// If `work` panics.
pub fn share_out<I, T>(items: &[I], workers: usize, work: impl Fn(&I) -> Result<T> + Sync) -> Result<Vec<T>>
where
    I: Sync,
    T: Send,
{
    let work = &work;
    std::thread::scope(|scope| {
        let start = |worker| scope.spawn(move || items.iter().skip(worker).step_by(workers).map(work).collect());
        let running: Vec<_> = (0..workers).map(start).collect();
        let mut all = Vec::with_capacity(items.len());
        for worker in running {
            let done: Result<Vec<T>> = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            all.extend(done?);
        }
        Ok(all)
    })
}
