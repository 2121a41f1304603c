//! Every bound in one place, each with its reason. A stream that crosses one is refused or read more slowly, as it says.

// What a caller may set.

/// 64 MiB: above any event of the recorded streams, below what would hurt a gateway.
pub const DEFAULT_MAX_EVENT_SIZE: usize = 64 * 1024 * 1024;

/// Choices of one stream: far above what any API gives (`OpenAI`'s `n` is at most 128), below what one event could cost.
pub const DEFAULT_MAX_CHOICES: usize = 1 << 17;

/// Tool calls of one choice.
pub const DEFAULT_MAX_TOOL_CALLS: usize = 1 << 17;

// Memory.

/// Room in bytes that a buffer keeps from one event or value to the next: a large one must not cost its memory for ever.
pub(crate) const RETAINED_CAPACITY: usize = 64 * 1024;

/// Bytes of a body that are kept, until an event is found in it, to show where none ever is.
pub(crate) const BODY_SAMPLE: usize = 64 * 1024;

/// Bytes of JSON text up to which a usage is emitted whenever it changes: twice the largest of the recorded streams.
pub(crate) const EMITTED_USAGE: usize = 2 * 1024;

/// A larger one is emitted when such a part of it is new: every delta of it has all of it.
pub(crate) const EMITTED_USAGE_NEWS: usize = 8;

/// A document that patches change may take as many bytes for each one that was received of it and of the patches: copies take
/// few bytes, and each may double what the one before made. It may take this many in any case.
pub(crate) const PATCHED_GROWTH: usize = 4;
pub(crate) const PATCHED_SIZE: usize = 1 << 20;

// Depth.

/// Payloads nested deeper than this are refused: no reader after this one could be trusted with them.
pub(crate) const PAYLOAD_DEPTH: usize = 128;

/// JSON that is read while it arrives is refused where it is nested deeper than this: as deep as orjson reads, which every
/// Python's own reader nearly does.
pub(crate) const PARTIAL_DEPTH: usize = 1024;

/// Objects inside kept objects are laid over each other down to this depth; below it the last one counts.
pub(crate) const OVERLAY_DEPTH: usize = 4;

/// A path with more steps than this is ignored: what it would build could not be read by anyone.
pub(crate) const PATH_STEPS: usize = 64;

// Time: what would take the square of a stream's size.

/// As many names are found by comparing them with each other; of more, by a hash.
pub(crate) const COMPARED_NAMES: usize = 64;

/// Bytes of a tool's name up to which each of its pieces is emitted with all before it: far longer than any API allows.
pub(crate) const EMITTED_NAME: usize = 1024;

/// Of so many calls or items, the last ones, one without index and id may be more of, or a repetition.
pub(crate) const RECENT_CALLS: usize = 32;
pub(crate) const RECENT_ITEMS: usize = 16;

/// So many values patches may take apart or copy for each byte that was received, and as many in any case. Without copies they
/// take about one for each byte.
pub(crate) const PATCH_WORK_PER_BYTE: usize = 16;
pub(crate) const PATCH_WORK: usize = 1 << 20;

// What the templates learn.

/// Payloads longer than this are not learned from, and no value that changes in them may be longer: memory for each stream.
pub(crate) const TEMPLATE_SIZE: usize = 16 * 1024;

/// The most holes that the payloads of the recorded streams need.
pub(crate) const TEMPLATE_HOLES: usize = 6;

/// As many choices or calls take turns as are worth remembering.
pub(crate) const MOST_VARIANTS: usize = 4;

/// After so many shapes that did not come again the stream is taken to have none.
pub(crate) const SHAPE_MISSES: u32 = 16;
