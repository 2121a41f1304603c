//! Texts of messages that come again: whole after their pieces, or under another name too.

use super::kind::{Kind, REASONINGS, content_at, path};
use super::runs::Runs;
use super::{Sink, Snapshot};
use crate::json::Text;
use crate::snapshot::append_all;

/// Whether a message may be repeating another one.
pub(super) fn echoes(snapshot: &Snapshot, position: i64) -> bool {
    Runs::of(snapshot).echoes.contains_key(&position)
}

/// Appends a piece to a message; what was emitted before is not emitted again.
pub(super) fn append(snapshot: &mut Snapshot, kind: Kind, position: i64, piece: Text<'_>, out: &mut Sink<'_>) {
    let message = snapshot.fields.at(&path(position));
    let begins = message.word("content").is_empty();
    let says_nothing = piece.is_empty();
    let piece = message.news("content", piece);
    let again = says_all(snapshot, kind, position, &piece);
    if (piece.is_empty() && !says_nothing) || (again && !begins) {
        return;
    }
    if !again {
        if begins && !says_nothing {
            snapshot.state.get_mut::<Runs>().first_pieces.insert(position, size(&piece));
        }
        if let Some(news) = news(snapshot, position, &piece) {
            append_all(&[kind.target()], &news, snapshot, out);
        }
    }
    append_all(&[content_at(position)], &piece, snapshot, out);
}

fn size(piece: &Text<'_>) -> usize {
    match piece {
        Text::Whole(text) => text.len(),
        Text::Wtf8(text) => text.len(),
    }
}

/// Whether a piece repeats all of its message, or, as the first piece of one, all of the message of its kind right
/// before: some servers send a text whole after its pieces. If only a single piece came before, the same text may
/// well be meant twice.
fn says_all(snapshot: &Snapshot, kind: Kind, position: i64, piece: &Text<'_>) -> bool {
    let Text::Whole(piece) = piece else { return false };
    let message = |at: i64| snapshot.fields.find(&path(at));
    let begins = message(position).is_none_or(|message| message.word("content").is_empty());
    let whole = if begins { position - 1 } else { position };
    let (Some(first), Some(message)) = (Runs::of(snapshot).first_pieces.get(&whole), message(whole)) else {
        return false;
    };
    let alike = !begins || (message.word("role") == kind.role() && !message.contains("toolCalls"));
    alike && piece.len() > *first && message.word("content") == piece.as_ref()
}

/// For reasoning that comes under two names: the first name leads, and a new message under another one may repeat the
/// leader's last message.
pub(super) fn follow(snapshot: &mut Snapshot, kind: Kind, position: i64) {
    if !REASONINGS.contains(&kind) {
        return;
    }
    let leader = *snapshot.state.get_mut::<Runs>().leader.get_or_insert(kind);
    if let Some(led) = leader.find(snapshot, "").filter(|_| leader != kind) {
        snapshot.state.get_mut::<Runs>().echoes.insert(position, (led, 0));
    }
}

/// What a piece has beyond the leading message; `None` if nothing.
fn news<'t>(snapshot: &mut Snapshot, position: i64, piece: &Text<'t>) -> Option<Text<'t>> {
    let Some((led, at)) = Runs::of(snapshot).echoes.get(&position).copied() else { return Some(piece.clone()) };
    let leading = snapshot.fields.find(&path(led)).map(|message| message.word("content")).unwrap_or_default();
    let expected = leading.get(at..).unwrap_or_default();
    let news = match piece {
        Text::Whole(text) if expected.starts_with(text.as_ref()) => {
            let at = at + text.len();
            snapshot.state.get_mut::<Runs>().echoes.insert(position, (led, at));
            return None;
        }
        Text::Whole(text) if text.starts_with(expected) => Text::from(&text[expected.len()..]).into_owned(),
        _ => piece.clone().after(leading.get(..at).unwrap_or_default()),
    };
    snapshot.state.get_mut::<Runs>().echoes.remove(&position);
    Some(news)
}
