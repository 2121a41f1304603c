//! How far a JSON number has come (RFC 8259, section 6).

/// What came last of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberState {
    Start,
    Sign,
    /// A leading zero: no other digit may follow.
    Zero,
    Integer,
    Point,
    Fraction,
    Exponent,
    ExponentSign,
    ExponentDigits,
}

impl NumberState {
    /// Whether it is a number if nothing follows.
    pub(super) fn is_complete(self) -> bool {
        matches!(self, Self::Zero | Self::Integer | Self::Fraction | Self::ExponentDigits)
    }

    fn after(self, byte: u8) -> Option<Self> {
        Some(match (self, byte) {
            (Self::Start, b'-') => Self::Sign,
            (Self::Start | Self::Sign, b'0') => Self::Zero,
            (Self::Start | Self::Sign | Self::Integer, b'0'..=b'9') => Self::Integer,
            (Self::Zero | Self::Integer, b'.') => Self::Point,
            (Self::Point | Self::Fraction, b'0'..=b'9') => Self::Fraction,
            (Self::Zero | Self::Integer | Self::Fraction, b'e' | b'E') => Self::Exponent,
            (Self::Exponent, b'+' | b'-') => Self::ExponentSign,
            (Self::Exponent | Self::ExponentSign | Self::ExponentDigits, b'0'..=b'9') => Self::ExponentDigits,
            _ => return None,
        })
    }

    /// Runs over the bytes that continue the number; returns the state after them, and how many there are.
    pub(super) fn run(mut self, bytes: &[u8]) -> (Self, usize) {
        for (at, &byte) in bytes.iter().enumerate() {
            let Some(next) = self.after(byte) else { return (self, at) };
            self = next;
        }
        (self, bytes.len())
    }

    /// The length of the longest prefix that is a number.
    pub(super) fn longest(bytes: &[u8]) -> usize {
        let (mut state, mut longest) = (Self::Start, 0);
        for (at, &byte) in bytes.iter().enumerate() {
            let Some(next) = state.after(byte) else { break };
            state = next;
            if state.is_complete() {
                longest = at + 1;
            }
        }
        longest
    }
}
