//! Bytes -> lines.
//!
//! A line ends with LF, CR or CRLF and nothing else (HTML standard, 9.2.6). Whoever splits at LF and strips a CR misses lines that
//! end with CR alone; whoever waits after a CR for the LF that may follow holds an event back until the next one comes.
//!
//! 1. A CR ends its line at once. An LF after it belongs to the same line end, and is skipped when it comes, in whatever piece.
//! 2. A byte order mark is skipped where the stream begins with it, and nowhere else.
//! 3. Lines are parts of the caller's piece: nothing is copied here.
//!
//! `a\r` and then `\nb\n` are the lines `a`, with the first piece, and `b`.

/// The byte order mark, which may come once, before the first line.
pub(crate) const BOM: &[u8] = b"\xEF\xBB\xBF";

/// One step over a piece of bytes.
pub(crate) enum Step<'d> {
    /// The rest of a line (all of it where the line began in this piece), without its end.
    Line(&'d [u8]),
    /// The piece ended first: these bytes belong to a line that is not complete.
    Open(&'d [u8]),
}

/// Splits pieces into lines, and remembers what a cut could hide: half a BOM, half a CRLF.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    /// Bytes of the BOM seen so far; `BOM.len()` once it came, or did not.
    bom: usize,
    after_cr: bool,
    /// Bytes taken since the stream began.
    offset: u64,
}

impl Lines {
    /// The number of bytes taken since the stream began.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Takes the BOM off the start of the stream. Returns bytes already taken that looked like one, but were not.
    pub(crate) fn start(&mut self, data: &mut &[u8]) -> &'static [u8] {
        while self.bom < BOM.len() {
            match data.first() {
                None => return b"",
                Some(&byte) if byte == BOM[self.bom] => self.bom += 1,
                Some(_) => return self.end_start(),
            }
            self.take(data, 1);
        }
        b""
    }

    /// No BOM comes, or no more of one. Returns bytes already taken that looked like one, but were not.
    pub(crate) fn end_start(&mut self) -> &'static [u8] {
        let seen = std::mem::replace(&mut self.bom, BOM.len());
        if seen < BOM.len() { &BOM[..seen] } else { b"" }
    }

    /// Whether the next byte begins a line, whatever it is.
    pub(crate) fn at_line_start(&self) -> bool {
        self.bom == BOM.len() && !self.after_cr
    }

    /// Takes lines that were read otherwise, the last line's end included.
    pub(crate) fn pass<'d>(&mut self, data: &mut &'d [u8], count: usize) -> &'d [u8] {
        let lines = self.take(data, count);
        self.after_cr = lines.last() == Some(&b'\r');
        lines
    }

    /// Takes the next line, or what there is of it.
    pub(crate) fn step<'d>(&mut self, data: &mut &'d [u8]) -> Step<'d> {
        let found = memchr::memchr2(b'\n', b'\r', data);
        let Some(end) = found else {
            return Step::Open(self.take(data, data.len()));
        };
        let line = self.take(data, end);
        self.end(data);
        Step::Line(line)
    }

    /// Skips the LF of a CRLF whose CR ended its line already.
    pub(crate) fn skip_lf(&mut self, data: &mut &[u8]) {
        if self.after_cr && !data.is_empty() {
            self.after_cr = false;
            if data[0] == b'\n' {
                self.take(data, 1);
            }
        }
    }

    /// Whether the next line is blank and can be seen to be so in this piece; if it is, takes it.
    pub(crate) fn take_blank(&mut self, data: &mut &[u8]) -> bool {
        self.skip_lf(data);
        let blank = matches!(data.first(), Some(b'\n' | b'\r'));
        if blank {
            self.end(data);
        }
        blank
    }

    /// Takes the line end that `data` starts with.
    fn end(&mut self, data: &mut &[u8]) {
        self.after_cr = data[0] == b'\r';
        self.take(data, 1);
    }

    fn take<'d>(&mut self, data: &mut &'d [u8], count: usize) -> &'d [u8] {
        let (taken, rest) = data.split_at(count);
        *data = rest;
        self.offset += count as u64;
        taken
    }
}
