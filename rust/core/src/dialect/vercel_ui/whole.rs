//! A `UIMessage` that comes instead of its stream.

use super::{Delta, Object, PARTS, Raw, Sink, Snapshot, file_kind, id_of, tool};

pub(super) fn is_whole(payload: &Object<'_>) -> bool {
    let typed = |part: &Raw<'_>| !part.object().str("type").is_empty();
    let parts = payload.get(PARTS).map(Raw::items).unwrap_or_default();
    !payload.str("id").is_empty() && !payload.str("role").is_empty() && !parts.is_empty() && parts.iter().all(typed)
}

pub(super) fn fold(snapshot: &mut Snapshot, message: &Object<'_>, out: &mut Sink<'_>) {
    snapshot.set_id(&id_of(message, "id"));
    snapshot.fields.set_all(message);
    for (position, part) in (0..).zip(message.get(PARTS).map(Raw::objects).unwrap_or_default()) {
        fold_part(snapshot, position, &part.object(), out);
    }
    snapshot.finish(out);
}

fn fold_part(snapshot: &mut Snapshot, position: i64, part: &Object<'_>, out: &mut Sink<'_>) {
    let text = part.get("text").and_then(Raw::text);
    let kind = part.str("type");
    let kind = match (kind.as_ref(), text) {
        ("text", Some(text)) => return snapshot.choice(0).add_content(&text, out),
        ("reasoning", Some(text)) => return snapshot.choice(0).add_reasoning(&text, out),
        ("step-start", _) => return,
        ("source-url" | "source-document", _) => "citation",
        ("file", _) => file_kind(part),
        (kind, _) if kind == "dynamic-tool" || kind.starts_with("tool-") => {
            return tool::fold_whole(snapshot, position, part, out);
        }
        (kind, _) => kind,
    };
    out(Delta::Other { choice: 0, kind, json: part.raw().as_str() });
}
