//! JSON while it arrives: what is certain so far, emitted step by step.
//!
//! The naive way closes what is open and parses the text again after each piece, which takes the square of its
//! length, and shows values that the next piece changes. Here one pass keeps its state between the pieces:
//!
//! 1. A step is emitted as soon as every continuation agrees on it: a string's characters one by one, but half a
//!    surrogate pair only when its other half can no longer come; a constant with its last letter; a number with the
//!    byte after it.
//! 2. Where the text is cut changes nothing except into how many steps a string is divided.
//! 3. Each byte is looked at once. Open brackets are kept in a list: no nesting can exhaust the call stack.
//! 4. Whatever Python's `json` reads is read: NaN and the infinities, lone surrogates, numbers of any size.
//!
//! ```text
//!   {"city": "Par        Object, Name("city"), String("Par")
//!   is", "days": 3       More("is"), Name("days")                the number may have more digits
//!   }                    Number("3"), End
//! ```

use super::characters::Characters;
use super::is_whitespace;
use super::number::NumberState;
use super::step::{Constant, NotJson, Step};
use super::text::Text;
use crate::limits::PARTIAL_DEPTH;

#[derive(Clone, Copy, Debug, Default)]
enum State {
    /// A value has to come next.
    #[default]
    Value,
    /// After `[`.
    FirstItem,
    /// After `{`.
    FirstName,
    /// After the comma behind a member.
    Name,
    Colon,
    /// After a value.
    Next,
    String(Role, Escape),
    Number(NumberState),
    /// A constant, and how many bytes of it have come.
    Word(Constant, usize),
}

/// What a string is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Name,
    /// A value of which nothing was emitted yet.
    Fresh,
    /// A value of which some was emitted.
    Emitted,
}

#[derive(Clone, Copy, Debug)]
enum Escape {
    None,
    /// After a backslash.
    Begun,
    /// After `\u`: how many digits have come, and the number that they make.
    Hex(u8, u16),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bracket {
    Object,
    Array,
}

/// Reads JSON text in pieces; never fails for want of more.
///
/// ```
/// use ssewire_core::{PartialJson, Step, Text};
///
/// let mut steps = Vec::new();
/// let mut json = PartialJson::default();
/// json.feed("{\"city\": \"Par", &mut |step| steps.push(format!("{step:?}")))?;
/// json.feed("is\", \"days\": 3", &mut |step| assert_ne!(step, Step::Number("3")))?;
/// assert_eq!(steps[2], format!("{:?}", Step::String(Text::from("Par"))));
/// assert_eq!(json.number(), Some("3"));
/// # Ok::<(), ssewire_core::NotJson>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct PartialJson {
    state: State,
    /// The brackets that are open, outermost first.
    open: Vec<Bracket>,
    /// What of a string was not emitted yet.
    characters: Characters,
    /// All digits of a number so far.
    digits: String,
    /// How many characters the earlier pieces had.
    before: usize,
    fault: Option<NotJson>,
}

type Stepped = Result<usize, &'static str>;

impl PartialJson {
    /// Takes the next piece of the text, and emits what is certain with it.
    ///
    /// # Errors
    /// The text cannot become JSON. What is certain before the fault has been emitted; every later call gives the
    /// same error.
    pub fn feed(&mut self, piece: &str, out: &mut impl FnMut(Step<'_>)) -> Result<(), NotJson> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        let mut at = 0;
        while at < piece.len() {
            match self.step(piece, at, out) {
                Ok(next) => at = next,
                Err(expected) => return Err(self.fail(expected, piece, at)),
            }
        }
        if let State::String(role @ (Role::Fresh | Role::Emitted), escape) = self.state {
            self.emit(role, out);
            self.state = State::String(Role::Emitted, escape);
        }
        self.before += piece.chars().count();
        Ok(())
    }

    /// The number that the text ends in, if it is a valid one already.
    pub fn number(&self) -> Option<&str> {
        match self.state {
            State::Number(state) if state.is_complete() => Some(&self.digits),
            _ => None,
        }
    }

    /// The longest prefix of the number that the text ends in which is a number itself: of `1.5e` it is `1.5`. Only
    /// the first bytes are looked at, so that asking after each piece stays cheap: no number that matters is longer.
    pub fn number_so_far(&self) -> Option<&str> {
        const LONGEST: usize = 64;
        let State::Number(_) = self.state else { return None };
        let begin = &self.digits[..self.digits.len().min(LONGEST)];
        Some(&begin[..NumberState::longest(begin.as_bytes())]).filter(|digits| !digits.is_empty())
    }

    fn fail(&mut self, expected: &'static str, piece: &str, at: usize) -> NotJson {
        let got = piece[at..].chars().next().unwrap_or_default();
        let fault = NotJson { expected, got, at: self.before + piece[..at].chars().count() };
        self.fault.insert(fault).clone()
    }

    /// Looks at the byte at `at`, and at those after it of the same kind; returns where to continue, or what was
    /// expected.
    fn step(&mut self, piece: &str, at: usize, out: &mut impl FnMut(Step<'_>)) -> Stepped {
        let byte = piece.as_bytes()[at];
        match self.state {
            State::String(role, Escape::None) => return self.string(role, piece, at, out),
            State::String(role, Escape::Begun) => self.escape(role, byte)?,
            State::String(role, Escape::Hex(digits, unit)) => self.hex(role, digits, unit, byte)?,
            State::Number(state) => return self.digits(state, piece, at, out),
            State::Word(constant, came) => self.word(constant, came, byte, out)?,
            _ if is_whitespace(byte.into()) => {}
            State::Value => return self.value(byte, at, "a value", out),
            State::FirstItem if byte == b']' => self.close(out),
            State::FirstItem => return self.value(byte, at, "a value or ']'", out),
            State::FirstName if byte == b'}' => self.close(out),
            State::FirstName => self.name(byte, "a name in quotes or '}'")?,
            State::Name => self.name(byte, "a name in quotes")?,
            State::Colon if byte == b':' => self.state = State::Value,
            State::Colon => return Err("':'"),
            State::Next => self.next(byte, out)?,
        }
        Ok(at + 1)
    }

    fn value(&mut self, byte: u8, at: usize, expected: &'static str, out: &mut impl FnMut(Step<'_>)) -> Stepped {
        self.state = match byte {
            b'{' => self.open(Bracket::Object, out)?,
            b'[' => self.open(Bracket::Array, out)?,
            b'"' => State::String(Role::Fresh, Escape::None),
            // The state of numbers looks at the first byte too.
            b'-' | b'0'..=b'9' => {
                self.state = State::Number(NumberState::Start);
                return Ok(at);
            }
            b'n' => State::Word(Constant::Null, 1),
            b't' => State::Word(Constant::True, 1),
            b'f' => State::Word(Constant::False, 1),
            b'N' => State::Word(Constant::NaN, 1),
            b'I' => State::Word(Constant::Infinity, 1),
            _ => return Err(expected),
        };
        Ok(at + 1)
    }

    fn open(&mut self, bracket: Bracket, out: &mut impl FnMut(Step<'_>)) -> Result<State, &'static str> {
        if self.open.len() == PARTIAL_DEPTH {
            return Err("no more than 1024 levels of nesting");
        }
        self.open.push(bracket);
        let (step, state) = match bracket {
            Bracket::Object => (Step::Object, State::FirstName),
            Bracket::Array => (Step::Array, State::FirstItem),
        };
        out(step);
        Ok(state)
    }

    fn close(&mut self, out: &mut impl FnMut(Step<'_>)) {
        self.open.pop();
        self.state = State::Next;
        out(Step::End);
    }

    fn name(&mut self, byte: u8, expected: &'static str) -> Result<(), &'static str> {
        if byte != b'"' {
            return Err(expected);
        }
        self.state = State::String(Role::Name, Escape::None);
        Ok(())
    }

    fn next(&mut self, byte: u8, out: &mut impl FnMut(Step<'_>)) -> Result<(), &'static str> {
        match (self.open.last(), byte) {
            (Some(Bracket::Object), b',') => self.state = State::Name,
            (Some(Bracket::Array), b',') => self.state = State::Value,
            (Some(Bracket::Object), b'}') | (Some(Bracket::Array), b']') => self.close(out),
            (Some(Bracket::Object), _) => return Err("',' or '}'"),
            (Some(Bracket::Array), _) => return Err("',' or ']'"),
            (None, _) => return Err("nothing behind the value"),
        }
        Ok(())
    }

    fn word(
        &mut self,
        constant: Constant,
        came: usize,
        byte: u8,
        out: &mut impl FnMut(Step<'_>),
    ) -> Result<(), &'static str> {
        let word = constant.word();
        if word.as_bytes()[came] != byte {
            return Err(word);
        }
        self.state = State::Word(constant, came + 1);
        if came + 1 == word.len() {
            self.state = State::Next;
            out(Step::Constant(constant));
        }
        Ok(())
    }

    fn digits(&mut self, state: NumberState, piece: &str, at: usize, out: &mut impl FnMut(Step<'_>)) -> Stepped {
        let (state, taken) = state.run(&piece.as_bytes()[at..]);
        let (run, rest) = piece[at..].split_at(taken);
        let Some(&byte) = rest.as_bytes().first() else {
            self.digits.push_str(run);
            self.state = State::Number(state);
            return Ok(piece.len());
        };
        if state.is_complete() {
            self.emit_number(run, out);
        } else if state == NumberState::Sign && byte == b'I' {
            self.digits.clear();
            self.state = State::Word(Constant::NegativeInfinity, 1);
        } else if taken == 0 {
            return Err("a digit");
        } else {
            self.digits.push_str(run);
            self.state = State::Number(state);
        }
        Ok(at + taken)
    }

    fn emit_number(&mut self, run: &str, out: &mut impl FnMut(Step<'_>)) {
        self.state = State::Next;
        if self.digits.is_empty() {
            return out(Step::Number(run));
        }
        self.digits.push_str(run);
        out(Step::Number(&self.digits));
        self.digits.clear();
    }

    fn string(&mut self, role: Role, piece: &str, at: usize, out: &mut impl FnMut(Step<'_>)) -> Stepped {
        let rest = &piece.as_bytes()[at..];
        let taken = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1F)).unwrap_or(rest.len());
        let run = &piece[at..at + taken];
        match rest.get(taken) {
            Some(b'"') => {
                self.end_string(role, run, out);
                return Ok(at + taken + 1);
            }
            Some(0..=0x1F) if taken == 0 => return Err("'\"' or no control character"),
            Some(b'\\') => self.state = State::String(role, Escape::Begun),
            _ => {}
        }
        self.characters.push(run);
        Ok(at + taken + usize::from(rest.get(taken) == Some(&b'\\')))
    }

    fn end_string(&mut self, role: Role, run: &str, out: &mut impl FnMut(Step<'_>)) {
        self.state = if role == Role::Name { State::Colon } else { State::Next };
        if self.characters.is_empty() {
            return emit(role, Text::from(run), out);
        }
        self.characters.push(run);
        self.characters.flush_surrogates();
        self.emit(role, out);
    }

    fn escape(&mut self, role: Role, byte: u8) -> Result<(), &'static str> {
        let character = match byte {
            b'u' => {
                self.state = State::String(role, Escape::Hex(0, 0));
                return Ok(());
            }
            b'"' => "\"",
            b'\\' => "\\",
            b'/' => "/",
            b'b' => "\u{8}",
            b'f' => "\u{C}",
            b'n' => "\n",
            b'r' => "\r",
            b't' => "\t",
            _ => return Err("one of \"\\/bfnrtu behind a backslash"),
        };
        self.characters.push(character);
        self.state = State::String(role, Escape::None);
        Ok(())
    }

    fn hex(&mut self, role: Role, digits: u8, unit: u16, byte: u8) -> Result<(), &'static str> {
        let digit = char::from(byte).to_digit(16).ok_or("a hexadecimal digit")?;
        // A hexadecimal digit has four bits.
        let (digits, unit) = (digits + 1, unit << 4 | u16::try_from(digit).unwrap_or_default());
        self.characters.expect(digits, unit);
        self.state = State::String(role, if digits == 4 { Escape::None } else { Escape::Hex(digits, unit) });
        if digits == 4 {
            self.characters.push_unit(unit);
        }
        Ok(())
    }

    fn emit(&mut self, role: Role, out: &mut impl FnMut(Step<'_>)) {
        emit(role, self.characters.text(), out);
        self.characters.clear();
    }
}

fn emit(role: Role, text: Text<'_>, out: &mut impl FnMut(Step<'_>)) {
    match role {
        Role::Name => out(Step::Name(text)),
        Role::Fresh => out(Step::String(text)),
        Role::Emitted if text.is_empty() => {}
        Role::Emitted => out(Step::More(text)),
    }
}
