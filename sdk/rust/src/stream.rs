//! Live streams that outlive their connections. The thinking is pure: `tracker` knows the order of
//! frames and the position, `reconnect` what to do when a stream ends, `uplink` which commands wait
//! for their result. `driver` alone waits, and is tested with scripted frames.

pub(crate) mod driver;
pub(crate) mod frame;
pub(crate) mod reconnect;
pub(crate) mod state;
pub(crate) mod tracker;
pub(crate) mod uplink;

use std::time::Duration;
use tokio::task::JoinHandle;
use tonic::metadata::MetadataMap;
use tonic::{Extensions, Request};

/// How long to wait for a stream to open and for its first frame.
pub(crate) const OPEN_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the first opening may take, repeats included. Default of the options of all streams.
pub(crate) const FIRST_OPEN_TIMEOUT: Duration = Duration::from_secs(30);

/// A request with headers.
pub(crate) fn carrying<T>(headers: MetadataMap, message: T) -> Request<T> {
    Request::from_parts(headers, Extensions::default(), message)
}

/// A task that ends with its owner.
#[derive(Debug)]
pub(crate) struct Task(JoinHandle<()>);

impl Task {
    pub(crate) fn spawn(work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(work))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
