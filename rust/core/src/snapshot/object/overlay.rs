//! Objects laid over each other, member by member.
//!
//! To lay one object over another means to merge each member of the newer into the older one by the rule of `object`:
//! objects inside are laid over each other in turn, up to a depth; but one of another type is another object, and takes
//! the place of the older one. The naive way takes both apart at every level.
//! Here an object that comes first stays JSON text, one that is the same text again changes nothing, and only a
//! different one is taken apart.
//!
//! ```text
//!   {"a": 1, "b": {"c": 2}}   and then   {"b": {"d": 3}, "a": null}   is   {"a": 1, "b": {"c": 2, "d": 3}}
//! ```

use super::member::Member;
use super::{Lists, MergedObject, Nulls};
use crate::json::{Object, Raw};
use crate::limits::OVERLAY_DEPTH;

impl MergedObject {
    /// Merges a member into the object. Returns whether that changed anything.
    pub(crate) fn merge(&mut self, name: &str, value: Raw<'_>, lists: Lists) -> bool {
        self.merge_at(name, value, (lists, Nulls::Drop), OVERLAY_DEPTH)
    }

    /// Lays all members of an object over these. Returns whether that changed anything.
    pub(crate) fn overlay(&mut self, object: Raw<'_>, lists: Lists, nulls: Nulls) -> bool {
        self.overlay_at(object, (lists, nulls), OVERLAY_DEPTH)
    }

    /// Becomes an object, including its nulls. Returns whether that changed anything.
    pub(crate) fn assign(&mut self, object: Raw<'_>) -> bool {
        self.assign_at(object, OVERLAY_DEPTH)
    }

    fn assign_at(&mut self, object: Raw<'_>, depth: usize) -> bool {
        let members = object.object();
        if !self.has_names_of(&members) {
            *self = Self::default();
            self.overlay_at(object, (Lists::Replace, Nulls::Keep), depth);
            return true;
        }
        let assign = |(kept, value)| Self::assign_member(kept, value, depth);
        self.0
            .values_mut()
            .zip(members.iter().map(|(_, value)| value))
            .fold(false, |changed, pair| assign(pair) | changed)
    }

    fn assign_member(kept: &mut Member, value: Raw<'_>, depth: usize) -> bool {
        match kept {
            Member::Object(fields) if value.is_object() && depth > 0 => fields.assign_at(value, depth - 1),
            _ if value.is_object() && depth > 0 => {
                *kept = Member::Object(MergedObject::default());
                kept.object().overlay_at(value, (Lists::Replace, Nulls::Keep), depth - 1);
                true
            }
            kept => kept.set(value.as_str()),
        }
    }

    fn overlay_at(&mut self, object: Raw<'_>, policy: (Lists, Nulls), depth: usize) -> bool {
        let object = object.object();
        object.iter().fold(false, |changed, (name, value)| self.merge_at(name, value, policy, depth) | changed)
    }

    fn merge_at(&mut self, name: &str, value: Raw<'_>, policy: (Lists, Nulls), depth: usize) -> bool {
        if value.is_null() && (policy.1 == Nulls::Drop || self.0.contains(name)) {
            return false;
        }
        if value.is_object() && depth > 0 {
            return self.overlay_member(name, value, policy, depth);
        }
        if value.is_array() && policy.0 == Lists::Extend {
            return self.extend(name, value);
        }
        self.set(name, value.as_str())
    }

    /// Lays an object over the member of that name. The first object stays JSON text until a different one comes.
    fn overlay_member(&mut self, name: &str, value: Raw<'_>, policy: (Lists, Nulls), depth: usize) -> bool {
        let (lists, nulls) = policy;
        let settled = nulls == Nulls::Keep || !value.has_null();
        let adds = lists == Lists::Extend && value.has_list();
        let new = match self.0.get(name) {
            None if settled => return self.set(name, value.as_str()),
            Some(Member::Value(json)) if settled && !adds && json == value.as_str() => return false,
            Some(Member::Value(json)) => !json.starts_with('{'),
            kept => !matches!(kept, Some(Member::Object(_))),
        };
        let kept = self.object(name);
        if kept.is_other_type(value) {
            *kept = Self::default();
        }
        kept.overlay_at(value, policy, depth - 1) | new
    }

    /// Whether an object says by its type that it is another thing than this one.
    fn is_other_type(&self, value: Raw<'_>) -> bool {
        let (old, new) = (self.word("type"), value.object().str("type"));
        !old.is_empty() && !new.is_empty() && old != new
    }

    /// Keeps a member that no rule names: its last value that is not null, or null where it has no other.
    pub(crate) fn keep(&mut self, name: &str, value: Raw<'_>) {
        self.merge_at(name, value, (Lists::Replace, Nulls::Keep), OVERLAY_DEPTH);
    }

    /// Keeps all members of an object, except for those that rules name.
    pub(crate) fn keep_all(&mut self, object: &Object<'_>, apart: &[&str]) {
        for (name, value) in object.iter().filter(|(name, _)| !apart.contains(name)) {
            self.keep(name, value);
        }
    }
}
