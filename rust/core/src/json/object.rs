//! Objects, whose members are found by name.

use std::borrow::Cow;
use std::collections::HashSet;

use super::names::Marks;
use super::raw::Inside;
use super::{Raw, Text};

/// An object's members, in order; of equal names the last.
#[derive(Debug, Default)]
pub(crate) struct Object<'a> {
    raw: Raw<'a>,
    marks: Marks,
    /// The members by their decoded names, where those are not plain text in the payload, or not unique.
    spelt: Option<Vec<(Cow<'a, str>, Raw<'a>)>>,
}

impl<'a> Object<'a> {
    pub(super) fn of(raw: Raw<'a>) -> Self {
        if !raw.is_object() {
            return Self { raw, marks: Marks::default(), spelt: Some(Vec::new()) };
        }
        match raw.marks() {
            Some(marks) => Self { raw, marks, spelt: None },
            None => Self { raw, marks: Marks::ALL, spelt: Some(spell_out(raw)) },
        }
    }

    /// The value that the members are of.
    pub(crate) fn raw(&self) -> Raw<'a> {
        self.raw
    }

    /// The member of that name; null counts as absent.
    #[inline]
    pub(crate) fn get(&self, name: &str) -> Option<Raw<'a>> {
        self.member(name).filter(|value| !value.is_null())
    }

    /// The member of that name, even if it is null.
    #[inline]
    pub(crate) fn member(&self, name: &str) -> Option<Raw<'a>> {
        if self.marks.may_have(name) { self.find(name) } else { None }
    }

    #[inline(never)]
    fn find(&self, name: &str) -> Option<Raw<'a>> {
        match &self.spelt {
            None => self.raw.find(name),
            Some(spelt) => spelt.iter().find(|(member, _)| member == name).map(|(_, value)| *value),
        }
    }

    /// The object that is the member of that name; one without members where it is none.
    #[inline]
    pub(crate) fn child(&self, name: &str) -> Object<'a> {
        self.get(name).map(Raw::object).unwrap_or_default()
    }

    /// The first of several names' members that is there.
    #[inline]
    pub(crate) fn first(&self, names: &[&str]) -> Option<Raw<'a>> {
        names.iter().find_map(|name| self.get(name))
    }

    /// The member of that name, if Python would call it true.
    #[inline]
    pub(crate) fn truthy(&self, name: &str) -> Option<Raw<'a>> {
        self.get(name).filter(|value| value.is_truthy())
    }

    /// The text of the member of that name, lone surrogates replaced; `""` where it is no string.
    #[inline]
    pub(crate) fn str(&self, name: &str) -> Cow<'a, str> {
        self.get(name).and_then(Raw::str).unwrap_or_default()
    }

    /// An id, as text: some servers send a number.
    #[inline]
    pub(crate) fn id(&self, name: &str) -> Cow<'a, str> {
        self.get(name).and_then(Raw::scalar).unwrap_or_default().into_str()
    }

    /// The items of the member of that name where it is a list, or the member itself: some servers leave out the list around a
    /// single item, and some put one where there is a single item only.
    pub(crate) fn each(&self, name: &str) -> Vec<Raw<'a>> {
        let list = |value: Raw<'a>| if value.is_array() { value.items() } else { vec![value] };
        self.get(name).map(list).unwrap_or_default()
    }

    /// The items of the member of that name, or the member itself, as far as they are objects.
    pub(crate) fn objects(&self, name: &str) -> Vec<Object<'a>> {
        self.each(name).into_iter().filter(|item| item.is_object()).map(Raw::object).collect()
    }

    /// The object with names `aB` in place of `a_b`: some servers spell a protocol's names as another language does.
    pub(crate) fn camel_case(self) -> Self {
        self.respelt(|_| true)
    }

    /// The object with names `aB` in place of `a_b`, for these names only: others belong to whoever sends them.
    pub(crate) fn camel_case_of(self, names: &[&str]) -> Self {
        self.respelt(|meant| names.contains(&meant))
    }

    fn respelt(mut self, is_meant: impl Fn(&str) -> bool) -> Self {
        if self.is_snake_case() {
            let respelt = |name: &str| Some(camel_case(name)).filter(|meant| is_snake_case(name) && is_meant(meant));
            let member = |(name, value): (&str, _)| (respelt(name).unwrap_or_else(|| name.to_owned()).into(), value);
            self.spelt = Some(self.iter().map(member).collect());
            self.marks = Marks::ALL;
        }
        self
    }

    /// Whether any name is spelt like `a_b`.
    pub(crate) fn is_snake_case(&self) -> bool {
        // Nearly always there is no such character anywhere in the object.
        memchr::memchr(b'_', self.raw.as_str().as_bytes()).is_some() && self.iter().any(|(name, _)| is_snake_case(name))
    }

    pub(crate) fn iter(&self) -> Members<'_, 'a> {
        match &self.spelt {
            None => Members::Plain(self.raw.inside()),
            Some(spelt) => Members::Spelt(spelt.iter()),
        }
    }
}

/// The members of an object.
pub(crate) enum Members<'o, 'a> {
    Plain(Inside<'a>),
    Spelt(std::slice::Iter<'o, (Cow<'a, str>, Raw<'a>)>),
}

impl<'o, 'a: 'o> Iterator for Members<'o, 'a> {
    type Item = (&'o str, Raw<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Plain(inside) => inside.member(),
            Self::Spelt(members) => members.next().map(|(name, value)| (name.as_ref(), *value)),
        }
    }
}

/// The members of an object by their decoded names, lone surrogates replaced; of equal names the last.
fn spell_out(object: Raw<'_>) -> Vec<(Cow<'_, str>, Raw<'_>)> {
    let mut inside = object.inside();
    let mut members = Vec::new();
    while let Some((name, value)) = inside.next().zip(inside.next()) {
        members.push((name.text().map(Text::into_str).unwrap_or_default(), value));
    }
    keep_last(&mut members);
    members
}

/// Of members with one name keeps the last, as most readers do.
fn keep_last(members: &mut Vec<(Cow<'_, str>, Raw<'_>)>) {
    let mut seen = HashSet::new();
    members.reverse();
    members.retain(|(name, _)| seen.insert(name.clone()));
    members.reverse();
}

fn is_snake_case(name: &str) -> bool {
    name.bytes().position(|byte| byte == b'_').is_some_and(|at| at > 0 && at + 1 < name.len())
}

/// The name `aB` for `a_b`.
fn camel_case(name: &str) -> String {
    let capital = |word: &str| word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect();
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.map(capital).fold(first, |name, word: String| name + &word)
}
