//! Lists whose items are found by their index, and continue to change.

use std::collections::BTreeMap;

use super::MergedObject;
use super::member::Member;
use crate::json::Object;

impl MergedObject {
    /// The object at that index of a list; made where there is none.
    pub(crate) fn item(&mut self, list: &str, index: i64) -> &mut MergedObject {
        let items = self.0.entry(list, || Member::Items(BTreeMap::new())).items();
        items.entry(index).or_insert_with(|| Member::Object(MergedObject::default())).object()
    }

    /// Whether a list has an item at that index.
    pub(crate) fn has_item(&self, list: &str, index: i64) -> bool {
        matches!(self.0.get(list), Some(Member::Items(items)) if items.contains_key(&index))
    }

    /// The index after the last item of a list of items that keep changing.
    pub(crate) fn next_index(&self, list: &str) -> i64 {
        match self.0.get(list) {
            Some(Member::Items(items)) => items.last_key_value().map_or(0, |(last, _)| last.saturating_add(1)),
            _ => 0,
        }
    }

    /// Takes a list apart that came as one value: its items can then be reached by their indexes.
    pub(crate) fn take_apart(&mut self, list: &str) {
        if let Some(kept) = self.0.get_mut(list) {
            kept.items();
        }
    }

    /// Replaces an item of a list by an object.
    pub(crate) fn replace_item(&mut self, list: &str, index: i64, object: &Object<'_>) {
        let item = self.item(list, index);
        *item = MergedObject::default();
        item.set_all(object);
    }

    /// Shows an item of a list as it came whole, until it changes again.
    pub(crate) fn seal_item(&mut self, list: &str, index: i64, json: String) {
        let items = self.0.entry(list, || Member::Items(BTreeMap::new())).items();
        items.entry(index).or_insert_with(|| Member::Object(MergedObject::default())).seal(json);
    }

    /// Arranges the items of a list in the order of these indexes; items that are not among them are dropped.
    pub(crate) fn arrange(&mut self, list: &str, order: &[i64]) {
        if let Some(kept) = self.0.get_mut(list) {
            let items = kept.items();
            *items = (0..).zip(order.iter().filter_map(|index| items.remove(index))).collect();
        }
    }

    /// Removes the items of a list from that index on.
    pub(crate) fn cut_items(&mut self, list: &str, index: i64) {
        if let Some(kept) = self.0.get_mut(list) {
            drop(kept.items().split_off(&index));
        }
    }

    /// Removes an item of a list; the others keep their indexes.
    pub(crate) fn remove_item(&mut self, list: &str, index: i64) {
        if let Some(kept) = self.0.get_mut(list) {
            kept.items().remove(&index);
        }
    }

    /// The indexes of a list of items that keep changing.
    pub(crate) fn indexes(&self, list: &str) -> Vec<i64> {
        self.indexes_from(list, i64::MIN)
    }

    /// The indexes of a list of items that keep changing, from that one on.
    pub(crate) fn indexes_from(&self, list: &str, index: i64) -> Vec<i64> {
        match self.0.get(list) {
            Some(Member::Items(items)) => items.range(index..).map(|(index, _)| *index).collect(),
            _ => Vec::new(),
        }
    }
}
