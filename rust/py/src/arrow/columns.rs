//! Columns while they grow, and as Arrow's buffers.

use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::rows::Rows;

/// A column of text: `large_string`.
#[derive(Default)]
pub(super) struct Texts {
    valid: Vec<bool>,
    ends: Vec<usize>,
    data: String,
}

impl Texts {
    pub(super) fn push(&mut self, text: Option<&str>) {
        self.valid.push(text.is_some());
        self.data.push_str(text.unwrap_or_default());
        self.ends.push(self.data.len());
    }
}

/// A column of integers: `int64`.
#[derive(Default)]
pub(super) struct Numbers {
    valid: Vec<bool>,
    values: Vec<i64>,
}

impl Numbers {
    /// Adds a number, or null where the column cannot hold it.
    pub(super) fn push(&mut self, number: Option<impl TryInto<i64>>) {
        let number = number.and_then(|number| number.try_into().ok());
        self.valid.push(number.is_some());
        self.values.push(number.unwrap_or_default());
    }
}

/// The buffers of columns whose blocks are joined.
pub(super) struct Buffers<'a, 'py> {
    py: Python<'py>,
    blocks: &'a [Rows],
    pub(super) made: Vec<Option<Bound<'py, PyBytes>>>,
}

impl<'a, 'py> Buffers<'a, 'py> {
    pub(super) fn of(py: Python<'py>, blocks: &'a [Rows]) -> Self {
        Self { py, blocks, made: Vec::new() }
    }

    /// Which rows are valid, as a column of structs says.
    pub(super) fn validity(&mut self, column: fn(&Rows) -> &Vec<bool>) {
        self.made.push(validity(self.py, self.blocks.iter().flat_map(column)));
    }

    /// That all are.
    pub(super) fn no_nulls(&mut self) {
        self.made.push(None);
    }

    /// A column of booleans, none of them null.
    pub(super) fn booleans(&mut self, column: fn(&Rows) -> &Vec<bool>) {
        self.no_nulls();
        self.made.push(Some(packed(self.py, self.blocks.iter().flat_map(column))));
    }

    /// A column of integers.
    pub(super) fn numbers(&mut self, column: fn(&Rows) -> &Numbers) {
        let parts = || self.blocks.iter().map(column);
        self.made.push(validity(self.py, parts().flat_map(|part| &part.valid)));
        self.made.push(Some(bytes(self.py, parts().flat_map(|part| &part.values).map(|value| value.to_ne_bytes()))));
    }

    /// A column of text.
    ///
    /// # Errors
    /// There is no memory.
    pub(super) fn texts(&mut self, column: fn(&Rows) -> &Texts) -> PyResult<()> {
        let parts = || self.blocks.iter().map(column);
        let validity = validity(self.py, parts().flat_map(|part| &part.valid));
        let offsets = offsets(parts().map(|part| part.ends.as_slice()));
        // No memory is so large that the sign would matter.
        let offsets = bytes(self.py, offsets.map(|offset| (offset as u64).to_ne_bytes()));
        let size = parts().map(|part| part.data.len()).sum();
        let data = PyBytes::new_with(self.py, size, |mut data| {
            for part in parts() {
                let (place, rest) = data.split_at_mut(part.data.len());
                place.copy_from_slice(part.data.as_bytes());
                data = rest;
            }
            Ok(())
        })?;
        self.made.extend([validity, Some(offsets), Some(data)]);
        Ok(())
    }

    /// The lists of a column of lists, none of them null: `list`.
    ///
    /// # Errors
    /// `OverflowError` where there are more items than its offsets of 32 bits can count.
    pub(super) fn lists(&mut self, column: fn(&Rows) -> &Vec<usize>) -> PyResult<()> {
        let offsets: Result<Vec<_>, _> =
            offsets(self.blocks.iter().map(|rows| column(rows).as_slice())).map(i32::try_from).collect();
        let offsets = offsets
            .map_err(|_| PyOverflowError::new_err("more than 2,147,483,647 tool calls: fold fewer bodies at once"))?;
        self.made.extend([None, Some(bytes(self.py, offsets.into_iter().map(i32::to_ne_bytes)))]);
        Ok(())
    }
}

/// Where each item begins and the last one ends, of parts that each say where their own end.
fn offsets<'p>(parts: impl Iterator<Item = &'p [usize]>) -> impl Iterator<Item = usize> {
    let mut start = 0;
    let ends = parts.flat_map(move |ends| {
        let base = start;
        start += ends.last().copied().unwrap_or_default();
        ends.iter().map(move |end| base + end)
    });
    std::iter::once(0).chain(ends)
}

/// Which rows are valid; no buffer where all are.
fn validity<'p, 'py>(py: Python<'py>, valid: impl Iterator<Item = &'p bool> + Clone) -> Option<Bound<'py, PyBytes>> {
    let has_nulls = valid.clone().any(|&valid| !valid);
    has_nulls.then(|| packed(py, valid))
}

/// Eight booleans a byte, the first one lowest.
fn packed<'p, 'py>(py: Python<'py>, bits: impl Iterator<Item = &'p bool>) -> Bound<'py, PyBytes> {
    let mut packed = Vec::new();
    for (at, &bit) in bits.enumerate() {
        if at % 8 == 0 {
            packed.push(0);
        }
        packed[at / 8] |= u8::from(bit) << (at % 8);
    }
    PyBytes::new(py, &packed)
}

fn bytes<const N: usize>(py: Python<'_>, values: impl Iterator<Item = [u8; N]>) -> Bound<'_, PyBytes> {
    let mut bytes = Vec::new();
    values.for_each(|value| bytes.extend_from_slice(&value));
    PyBytes::new(py, &bytes)
}
