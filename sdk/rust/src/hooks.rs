//! What may be told of calls while they are made: the place where tracing and figures connect. It
//! is told which RPC, how often it was repeated and how it ended; never what was said.

use crate::error::Error;
use std::fmt;
use std::time::Duration;
use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue, MetadataMap};

/// Is told about the unary calls of a client, made by `call`, `list` and `retry`, and about each
/// opening of a stream: that one is over when the stream is open or was refused, so that a stream
/// held for hours is not one call.
pub trait Hooks: fmt::Debug + Send + Sync {
    /// A call begins, such as `omnichannel.v1.AgentService/GetAgent`; empty for an attempt of one's
    /// own that is repeated by `retry`.
    fn call(&self, method: &'static str) -> Box<dyn CallTrace>;
}

/// Is told about one call, its repeats included.
pub trait CallTrace: Send {
    /// Further headers of every attempt, such as traceparent. Default: none.
    fn headers(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    /// An attempt failed and is repeated after a wait. Default: nobody cares.
    fn repeated(&mut self, error: &Error, wait: Duration) {
        let _ = (error, wait);
    }

    /// The call is over; how it failed, if it did. A call that is given up is dropped instead.
    fn ended(self: Box<Self>, error: Option<&Error>);
}

/// The headers that a trace wants sent; what is no header is left out.
pub(crate) fn headers_of(trace: Option<&dyn CallTrace>) -> MetadataMap {
    let mut map = MetadataMap::new();
    for (name, value) in trace.map(|trace| trace.headers()).unwrap_or_default() {
        let name = name.parse::<AsciiMetadataKey>();
        if let (Ok(name), Ok(value)) = (name, value.parse::<AsciiMetadataValue>()) {
            map.insert(name, value);
        }
    }
    map
}
