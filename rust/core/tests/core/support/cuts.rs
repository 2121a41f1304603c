//! One body, every way to cut it: what comes out must not depend on where the network cut the bytes.

#![allow(dead_code, reason = "the fuzzers and the tests use a part each")]

/// A small generator of numbers (splitmix64): the same for the same seed on every machine.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A generator that a name seeds: FNV-1a.
    pub(crate) fn of(name: &str) -> Self {
        Self(
            name.bytes()
                .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)),
        )
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).unwrap()
    }

    pub(crate) fn choose<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    fn points(&mut self, body: &[u8], count: usize) -> Vec<usize> {
        (0..count).map(|_| self.below(body.len() + 1)).collect()
    }
}

/// `body` cut at each of `points`; equal points, 0 and the length give empty pieces.
pub(crate) fn cut_at<'d>(body: &'d [u8], points: &[usize]) -> Vec<&'d [u8]> {
    let mut points = points.to_vec();
    points.sort_unstable();
    let starts = std::iter::once(0).chain(points.iter().copied());
    let ends = points.iter().copied().chain(std::iter::once(body.len()));
    starts.zip(ends).map(|(start, end)| &body[start..end]).collect()
}

pub(crate) fn bytewise(body: &[u8]) -> Vec<&[u8]> {
    body.chunks(1).collect()
}

pub(crate) fn with_empty_pieces<'d>(pieces: &[&'d [u8]]) -> Vec<&'d [u8]> {
    std::iter::once(&b""[..]).chain(pieces.iter().flat_map(|piece| [*piece, b""])).collect()
}

/// `body` in pieces of `mean` bytes on average.
pub(crate) fn random_cut<'d>(body: &'d [u8], random: &mut Random, mean: usize) -> Vec<&'d [u8]> {
    cut_at(body, &random.points(body, body.len() / mean))
}

/// Whole, byte by byte, and both with empty pieces between.
pub(crate) fn plain_cuts(body: &[u8]) -> Vec<Vec<&[u8]>> {
    let (whole, bytes) = (vec![body], bytewise(body));
    let with_empty = [with_empty_pieces(&whole), with_empty_pieces(&bytes)];
    [whole, bytes].into_iter().chain(with_empty).collect()
}

/// Each place for one cut.
pub(crate) fn single_cuts(body: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    (0..=body.len()).map(|place| cut_at(body, &[place]))
}

/// Each pair of places for two cuts.
pub(crate) fn double_cuts(body: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    (0..=body.len()).flat_map(move |first| (first..=body.len()).map(move |second| cut_at(body, &[first, second])))
}

/// The pieces, to be read in a failure.
pub(crate) fn shown(pieces: &[&[u8]]) -> String {
    let shown: Vec<_> = pieces.iter().map(|piece| format!("\"{}\"", piece.escape_ascii())).collect();
    shown.join(" | ")
}

/// `count` pairs of places: the same for the same length.
pub(crate) fn some_double_cuts(body: &[u8], count: usize) -> impl Iterator<Item = Vec<&[u8]>> {
    let mut random = Random::new(body.len() as u64);
    (0..count).map(move |_| cut_at(body, &random.points(body, 2)))
}
