//! Prints the text of a streamed answer as it comes from an asynchronous stream of bytes.
//!
//! [`copy_text`] takes what HTTP clients and servers give: the `bytes_stream()` of a response of reqwest, the data stream of a
//! body of hyper or axum. Here the bytes come from standard input, on tokio:
//!
//! ```sh
//! curl -sN https://api.example.com/v1/chat/completions -d @request.json | cargo run --example async_stream
//! ```

use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use ssewire_core::{Accumulator, Delta};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

/// Reads a stream to its end; its texts are written when they come.
async fn copy_text<B: AsRef<[u8]>, E: Error + 'static>(
    pieces: impl Stream<Item = Result<B, E>>,
    mut out: impl AsyncWrite + Unpin,
) -> Result<Accumulator, Box<dyn Error>> {
    let mut pieces = pin!(pieces);
    let mut accumulator = Accumulator::default();
    let mut texts = String::new();
    loop {
        // The accumulator never waits: what is awaited is the next piece, and the writer.
        let piece = poll_fn(|context| pieces.as_mut().poll_next(context)).await.transpose()?;
        let mut keep = |delta: Delta<'_>| {
            if let Delta::Text { text, .. } = delta {
                texts.push_str(text);
            }
        };
        match &piece {
            Some(piece) => accumulator.feed(piece.as_ref(), keep)?,
            None => accumulator.flush(&mut keep),
        }
        out.write_all(texts.as_bytes()).await?;
        out.flush().await?;
        texts.clear();
        if piece.is_none() {
            return Ok(accumulator);
        }
    }
}

/// The pieces of whatever tokio reads, as they come.
struct Pieces<R> {
    source: R,
    buffer: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Pieces<R> {
    fn new(source: R) -> Self {
        Self { source, buffer: vec![0; 16 * 1024] }
    }
}

impl<R: AsyncRead + Unpin> Stream for Pieces<R> {
    type Item = io::Result<Vec<u8>>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { source, buffer } = self.get_mut();
        let mut filled = ReadBuf::new(buffer);
        ready!(Pin::new(source).poll_read(context, &mut filled))?;
        Poll::Ready((!filled.filled().is_empty()).then(|| Ok(filled.filled().to_vec())))
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let accumulator = copy_text(Pieces::new(tokio::io::stdin()), tokio::io::stdout()).await?;
    println!();
    if let Some(error) = accumulator.snapshot().error() {
        return Err(error.clone().into());
    }
    accumulator.missing().map_or(Ok(()), |missing| Err(missing.into()))
}

fn main() -> Result<(), Box<dyn Error>> {
    tokio::runtime::Builder::new_current_thread().build()?.block_on(run())
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use tokio::io::{AsyncReadExt, duplex};

    use super::*;

    const BODY: &[u8] =
        b"data: {\"choices\":[{\"delta\":{\"content\":\"one \"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\
        \"two\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().expect("a runtime starts").block_on(future)
    }

    /// As a client gives a body: pieces, and perhaps what broke the connection.
    struct Body(VecDeque<io::Result<&'static [u8]>>);

    impl Stream for Body {
        type Item = io::Result<&'static [u8]>;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready(self.0.pop_front())
        }
    }

    #[test]
    fn cuts_are_invisible() {
        for cut in 0..=BODY.len() {
            let mut out = Vec::new();
            let body = Body([Ok(&BODY[..cut]), Ok(&BODY[cut..])].into());
            let accumulator = block_on(copy_text(body, &mut out)).expect("the stream is right");
            assert_eq!(out, b"one two");
            assert_eq!(accumulator.missing(), None);
        }
    }

    #[test]
    fn a_text_is_written_while_the_rest_is_awaited() {
        let (mut provider, source) = duplex(1024);
        let (out, mut reader) = duplex(1024);
        let (first, rest) = BODY.split_at(BODY.windows(2).position(|pair| pair == b"\n\n").expect("an event ends") + 2);
        let talk = async move {
            let mut seen = [0; 4];
            provider.write_all(first).await.expect("the source reads");
            reader.read_exact(&mut seen).await.expect("a text is written");
            assert_eq!(&seen, b"one ");
            provider.write_all(rest).await.expect("the source still reads"); // and ends, as it is dropped
            reader
        };
        let accumulator = block_on(async {
            let talking = tokio::spawn(talk);
            let copied = copy_text(Pieces::new(source), out).await.expect("the stream is right");
            talking.await.expect("each text was there in time");
            copied
        });
        assert!(accumulator.is_complete());
    }

    #[test]
    fn what_breaks_the_connection_comes_out() {
        let mut out = Vec::new();
        let body = Body([Ok(BODY), Err(io::Error::other("gone"))].into());
        let error = block_on(copy_text(body, &mut out)).err().expect("it broke");
        assert_eq!(error.to_string(), "gone");
        assert_eq!(out, b"one two");
    }
}
