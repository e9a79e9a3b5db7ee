//! gRPC without generated code: any method of the descriptor, with bytes or dynamic messages, and
//! with whatever credential a test wants to try.

use super::PATIENCE;
use futures::StreamExt;
use omnichannel::proto::DESCRIPTOR;
use prost::bytes::{Buf, BufMut, Bytes};
use prost_reflect::{DescriptorPool, MethodDescriptor, Value};
use std::net::IpAddr;
use std::sync::LazyLock;
use tokio::time::timeout;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Request, Status, Streaming};

/// Our own services; what else the descriptor holds was imported.
const PACKAGE: &str = "omnichannel.v1";

/// All definitions of the contract.
pub(crate) fn pool() -> &'static DescriptorPool {
    static POOL: LazyLock<DescriptorPool> =
        LazyLock::new(|| DescriptorPool::decode(DESCRIPTOR).expect("the descriptor is whole"));
    &POOL
}

/// Every RPC of the contract.
pub(crate) fn methods() -> Vec<MethodDescriptor> {
    let ours = pool().services().filter(|service| service.package_name() == PACKAGE);
    ours.flat_map(|service| service.methods().collect::<Vec<_>>()).collect()
}

/// The path of an RPC.
pub(crate) fn path(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

/// The permission an RPC needs, by its name without prefix.
pub(crate) fn permission(method: &MethodDescriptor) -> String {
    let options = method.options();
    let extension = pool().get_extension_by_name("omnichannel.v1.policy");
    let policy = options.get_extension(&extension.expect("the option is defined"));
    let Value::Message(policy) = policy.as_ref() else { panic!("a policy is a message") };
    let kind = policy.get_field_by_name("permission").expect("a policy has a permission");
    let number = kind.as_enum_number().expect("a permission is an enum");
    let all = pool().get_enum_by_name("omnichannel.v1.Permission").expect("it is defined");
    let value = all.get_value(number).expect("a permission that is defined");
    value.name().trim_start_matches("PERMISSION_").to_owned()
}

/// A connection that speaks raw gRPC.
#[derive(Clone)]
pub(crate) struct Wire {
    channel: Channel,
    authorization: Option<String>,
}

impl Wire {
    /// A connection with a key; none for none.
    pub(crate) fn new(endpoint: &str, key: Option<&str>) -> Self {
        Self::with_authorization(endpoint, key.map(|key| format!("Bearer {key}")))
    }

    /// A connection that comes from an address of this machine.
    pub(crate) fn from_address(endpoint: &str, key: Option<&str>, address: IpAddr) -> Self {
        let endpoint = Channel::from_shared(endpoint.to_owned()).expect("an address");
        let channel = endpoint.local_address(Some(address)).connect_lazy();
        Self { channel, authorization: key.map(|key| format!("Bearer {key}")) }
    }

    /// A connection with whatever is to stand in the `authorization` metadata.
    pub(crate) fn with_authorization(endpoint: &str, authorization: Option<String>) -> Self {
        let endpoint = Channel::from_shared(endpoint.to_owned()).expect("an address");
        Self { channel: endpoint.connect_lazy(), authorization }
    }

    /// Sends one message to a method that takes many and returns the first message that comes back,
    /// or the status the call ended with. What streams is dropped after its first message.
    pub(crate) async fn first(&self, path: &str, message: Vec<u8>) -> Result<Bytes, Status> {
        let mut grpc = tonic::client::Grpc::new(self.channel.clone());
        grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        // The way up stays open, as a client that streams would leave it.
        let up = futures::stream::once(async { message }).chain(futures::stream::pending());
        let mut request = Request::new(up);
        if let Some(authorization) = &self.authorization {
            let value = authorization.parse().expect("visible ASCII");
            request.metadata_mut().insert("authorization", value);
        }
        let path = PathAndQuery::try_from(path).expect("a path");
        let exchange = async {
            let response = grpc.streaming(request, path, Raw).await?;
            let first = response.into_inner().message().await?;
            first.ok_or_else(|| Status::unknown("the call ended without a message"))
        };
        timeout(PATIENCE, exchange).await.unwrap_or_else(|_| panic!("no answer"))
    }

    /// Opens a method that takes many messages; what comes up may be no message at all.
    pub(crate) async fn open(
        &self,
        path: &str,
        up: impl futures::Stream<Item = Vec<u8>> + Send + 'static,
    ) -> Result<Streaming<Bytes>, Status> {
        let mut grpc = tonic::client::Grpc::new(self.channel.clone());
        grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let mut request = Request::new(up);
        if let Some(authorization) = &self.authorization {
            let value = authorization.parse().expect("visible ASCII");
            request.metadata_mut().insert("authorization", value);
        }
        let path = PathAndQuery::try_from(path).expect("a path");
        Ok(grpc.streaming(request, path, Raw).await?.into_inner())
    }

    /// As [`Wire::first`], for a method that takes one message: the way up ends after it.
    pub(crate) async fn unary(&self, path: &str, message: Vec<u8>) -> Result<Bytes, Status> {
        let mut grpc = tonic::client::Grpc::new(self.channel.clone());
        grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let mut request = Request::new(message);
        if let Some(authorization) = &self.authorization {
            let value = authorization.parse().expect("visible ASCII");
            request.metadata_mut().insert("authorization", value);
        }
        let path = PathAndQuery::try_from(path).expect("a path");
        let exchange = async {
            let response = grpc.server_streaming(request, path, Raw).await?;
            let first = response.into_inner().message().await?;
            first.ok_or_else(|| Status::unknown("the call ended without a message"))
        };
        timeout(PATIENCE, exchange).await.unwrap_or_else(|_| panic!("no answer"))
    }

    /// Sends a message to a method, whatever kind it is.
    pub(crate) async fn send(
        &self,
        method: &MethodDescriptor,
        bytes: Vec<u8>,
    ) -> Result<Bytes, Status> {
        if method.is_client_streaming() {
            return self.first(&path(method), bytes).await;
        }
        self.unary(&path(method), bytes).await
    }
}

/// Bytes as they are.
#[derive(Clone, Copy, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}
