//! Prints the text of a streamed answer as it comes, and the rest of the message when it is complete.
//!
//! ```sh
//! curl -sN https://api.example.com/v1/chat/completions -d @request.json | cargo run --example print_text
//! ```

use std::error::Error;
use std::io::{self, Read, Write};

use ssewire_core::{Accumulator, Delta};

/// Reads a source to its end; its texts are written when they come.
fn copy_text(mut source: impl Read, mut out: impl Write) -> Result<Accumulator, Box<dyn Error>> {
    let mut accumulator = Accumulator::default();
    let mut buffer = vec![0; 16 * 1024];
    let mut texts = String::new();
    loop {
        let size = source.read(&mut buffer)?;
        let mut keep = |delta: Delta<'_>| {
            if let Delta::Text { text, .. } = delta {
                texts.push_str(text);
            }
        };
        if size == 0 {
            accumulator.flush(keep);
        } else {
            accumulator.feed(&buffer[..size], &mut keep)?;
        }
        out.write_all(texts.as_bytes())?;
        out.flush()?;
        texts.clear();
        if size == 0 {
            return Ok(accumulator);
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let accumulator = copy_text(io::stdin().lock(), io::stdout().lock())?;
    println!();
    if let Some(error) = accumulator.snapshot().error() {
        return Err(error.clone().into());
    }
    if let Some(missing) = accumulator.missing() {
        return Err(missing.into());
    }
    for choice in accumulator.snapshot().choices() {
        eprintln!("choice {}: finish reason {}", choice.index(), choice.finish_reason().unwrap_or("none"));
        for call in choice.tool_calls().as_slice() {
            eprintln!("  calls {}({})", call.name().unwrap_or("?"), call.arguments());
        }
    }
    if let Some(usage) = accumulator.snapshot().usage() {
        eprintln!("{} tokens in, {} out", usage.input_tokens().unwrap_or(0), usage.output_tokens().unwrap_or(0));
    }
    Ok(())
}
