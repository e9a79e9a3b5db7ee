//! How messages become bytes: as everywhere with prost, but buffers begin small. The transport's
//! own begin with 8 KiB each way, which an idle stream would hold for as long as it lasts.

use prost::Message;
use std::marker::PhantomData;
use tonic::Status;
use tonic::codec::{BufferSettings, Codec, EncodeBuf, Encoder};
use tonic_prost::ProstDecoder;

/// What a buffer begins with; a larger message makes its own room, once.
const BEGIN: usize = 512;

/// After how many encoded bytes a buffer is handed on, as the transport has it.
const HAND_ON: usize = 32 << 10;

/// The codec of every service: it sends `T` and takes `U`.
#[derive(Debug)]
pub struct Frugal<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for Frugal<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> Codec for Frugal<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = FrugalEncoder<T>;
    type Decoder = ProstDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        FrugalEncoder(PhantomData)
    }

    fn decoder(&mut self) -> Self::Decoder {
        ProstDecoder::new(settings())
    }
}

fn settings() -> BufferSettings {
    BufferSettings::new(BEGIN, HAND_ON)
}

/// Encodes messages, with room made for the whole of one before it is written.
#[derive(Debug)]
pub struct FrugalEncoder<T>(PhantomData<T>);

impl<T: Message> Encoder for FrugalEncoder<T> {
    type Item = T;
    type Error = Status;

    fn encode(&mut self, item: T, buf: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buf.reserve(item.encoded_len());
        item.encode_raw(buf);
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        settings()
    }
}
