//! Writing JSON text.

/// `text` as a JSON string.
pub(crate) fn quote(text: &str) -> String {
    // Writing text into memory cannot fail.
    serde_json::to_string(text).unwrap_or_default()
}

/// Writes a JSON object, member by member.
pub(crate) struct ObjectWriter<'o> {
    out: &'o mut String,
    empty: bool,
}

impl<'o> ObjectWriter<'o> {
    pub(crate) fn new(out: &'o mut String) -> Self {
        out.push('{');
        Self { out, empty: true }
    }

    /// Writes the member's name; the caller writes its value.
    pub(crate) fn name(&mut self, name: &str) -> &mut String {
        if !std::mem::replace(&mut self.empty, false) {
            self.out.push(',');
        }
        self.out.push_str(&quote(name));
        self.out.push(':');
        self.out
    }

    pub(crate) fn json(&mut self, name: &str, json: &str) {
        self.name(name).push_str(json);
    }

    /// A string, or null.
    pub(crate) fn text(&mut self, name: &str, text: Option<&str>) {
        let json = text.map_or_else(|| "null".into(), quote);
        self.json(name, &json);
    }

    pub(crate) fn end(self) {
        self.out.push('}');
    }
}

/// Writes a JSON array of what `write` writes of each item.
pub(crate) fn write_array<T>(
    out: &mut String,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut String, T),
) {
    out.push('[');
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(out, item);
    }
    out.push(']');
}
