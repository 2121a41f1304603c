//! The bodies of an Arrow array, where they are.
#![allow(
    unsafe_code,
    reason = "the buffers of a column are read without the GIL, and a copy of them could be larger than memory"
)]

use pyo3::buffer::PyUntypedBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// A body, or null.
pub(super) type Body<'a> = Option<&'a [u8]>;

/// The buffers of an array of binary or text.
pub(super) struct Bodies {
    layout: Layout,
    validity: Option<Memory>,
    /// Offsets of the bodies, or views of them.
    places: Memory,
    data: Vec<Memory>,
    offset: usize,
    length: usize,
}

#[derive(Clone, Copy)]
enum Layout {
    /// Offsets of so many bytes, one more than there are bodies.
    Offsets(usize),
    /// A view for each body: its length and itself, or where it is.
    Views,
}

/// Bytes of a view, and of a body that is inside of its view.
const VIEW: usize = 16;
const INLINE: usize = 12;

impl Bodies {
    /// # Errors
    /// `BufferError` for what is no buffer, `ValueError` for an unknown layout or too few buffers.
    pub(super) fn of(
        layout: &str,
        buffers: &[Option<Bound<'_, PyAny>>],
        offset: usize,
        length: usize,
    ) -> PyResult<Self> {
        let layout = match layout {
            "binary" => Layout::Offsets(size_of::<i32>()),
            "large_binary" => Layout::Offsets(size_of::<i64>()),
            "binary_view" => Layout::Views,
            other => {
                return Err(PyValueError::new_err(format!("layout: expected that of binary or text, got {other}")));
            }
        };
        let mut buffers = buffers.iter().map(|buffer| buffer.as_ref().map(Memory::of).transpose());
        let validity = buffers.next().transpose()?.flatten();
        let mut rest = buffers.map(|buffer| Ok(buffer?.unwrap_or(Memory(None))));
        let places = rest.next().transpose()?.unwrap_or(Memory(None));
        let data = rest.collect::<PyResult<_>>()?;
        Ok(Self { layout, validity, places, data, offset, length })
    }

    /// All bodies.
    ///
    /// # Errors
    /// The row of one that lies outside of the buffers.
    pub(super) fn slices(&self) -> Result<Vec<Body<'_>>, usize> {
        (0..self.length).map(|row| self.body(row).ok_or(row)).collect()
    }

    fn body(&self, row: usize) -> Option<Body<'_>> {
        let at = self.offset.checked_add(row)?;
        if let Some(validity) = &self.validity
            && validity.bytes().get(at / 8)? >> (at % 8) & 1 == 0
        {
            return Some(None);
        }
        match self.layout {
            Layout::Offsets(width) => self.between(at, width),
            Layout::Views => self.view(at),
        }
        .map(Some)
    }

    fn between(&self, at: usize, width: usize) -> Option<&[u8]> {
        let offset = |at: usize| number(self.places.bytes().get(at.checked_mul(width)?..)?.get(..width)?);
        let data = self.data.first().map_or(&[][..], Memory::bytes);
        data.get(offset(at)?..offset(at + 1)?)
    }

    fn view(&self, at: usize) -> Option<&[u8]> {
        let view = self.places.bytes().get(at.checked_mul(VIEW)?..)?.get(..VIEW)?;
        let part = |at: usize| number(&view[at..at + size_of::<i32>()]);
        let length = part(0)?;
        if length <= INLINE {
            return view.get(4..4 + length);
        }
        // Between them are its first four bytes.
        let (buffer, start) = (part(8)?, part(12)?);
        self.data.get(buffer)?.bytes().get(start..)?.get(..length)
    }
}

/// An integer of 4 or 8 bytes in the machine's order, if it is not negative.
fn number(bytes: &[u8]) -> Option<usize> {
    match bytes.try_into() {
        Ok(bytes) => usize::try_from(i32::from_ne_bytes(bytes)).ok(),
        Err(_) => usize::try_from(i64::from_ne_bytes(bytes.try_into().ok()?)).ok(),
    }
}

/// One of an array's buffers; none where there is nothing in it.
struct Memory(Option<PyUntypedBuffer>);

impl Memory {
    fn of(buffer: &Bound<'_, PyAny>) -> PyResult<Self> {
        let memory = PyUntypedBuffer::get(buffer)?;
        if !memory.is_c_contiguous() {
            return Err(PyValueError::new_err("expected contiguous buffers"));
        }
        Ok(Self((memory.len_bytes() > 0).then_some(memory)))
    }

    fn bytes(&self) -> &[u8] {
        let Some(memory) = &self.0 else { return &[] };
        // SAFETY: the exporter keeps these bytes where they are until the buffer is released, which is not before `self` is
        // dropped; they are contiguous. Nobody writes them meanwhile: the buffers of an Arrow array are immutable, on which
        // all who share them across libraries and threads rely. What they say is not relied on: it is checked by whom it is
        // read.
        unsafe { std::slice::from_raw_parts(memory.buf_ptr().cast(), memory.len_bytes()) }
    }
}
