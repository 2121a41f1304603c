"""Which item of a Responses stream an event is about: the reference of the rules of that name in docs/dialects.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.reference.responses_items import LISTS, SAME, About, Item, kind_of, name_of

if TYPE_CHECKING:
    from tests.reference.calls import Object

LOOKED_FOR = 16


class Items(list[Item]):
    """The items in the order in which they came."""

    def about(self, about: About) -> Item:
        """Give the item that an event is about: one of ours, or a new one."""
        named = self._by_name(about)
        item = named or self._by_index(about) or self._by_state(about) or self.new(about)
        item.learn(about._replace(at=None) if named else about)
        return item

    def new(self, about: About) -> Item:
        """Begin an item at its index, or behind the others where that is taken."""
        places = {item.place for item in self}
        free = about.at is not None and about.at not in places
        place = about.at if free and about.at is not None else max(places, default=-1) + 1
        self.append(Item(about.kind, place))
        return self[-1]

    def matched(self, output: list[Object]) -> dict[int, Item]:
        """Give which of the terminal's items, by position, are ours: by name, by what they say, by kind."""
        ours: dict[int, Item] = {}
        for is_ours in (_named_equal, _named, _equal, _near, _any):
            for index, given in enumerate(output):
                mine = [item for item in self if item not in ours.values() and _may_be_whole(item, given)]
                found = next((item for item in mine if index not in ours and is_ours(item, given)), None)
                if found:
                    ours[index] = found
        return ours

    def _may_be(self, about: About) -> list[Item]:
        """Give the items that rule 1 does not forbid: of the kind, and not of another call_id."""
        return [item for item in self if may_be(item, about.kind, about.call_id)]

    def _by_name(self, about: About) -> Item | None:
        """Rule 2: a known call_id, then a known id; the index of a message or reasoning before its id."""
        mine = self._may_be(about)
        called = [item for item in mine if about.call_id and item.call_id == about.call_id]
        named = [item for item in mine if about.id and about.id in item.ids | {item.call_id}]
        here = [item for item in named if about.at in item.indexes]
        at_index = [item for item in mine if about.at in item.indexes and not item.is_ended]
        if called or about.kind not in LISTS or about.step == "added":
            at_index = []
        found = next((group[-1] for group in (called, here, at_index, named) if group), None)
        return None if found and not called and self._is_over(found, about) else found

    def _is_over(self, item: Item, about: About) -> bool:
        """Whether an item that has ended is named again for another one: announced, or at another index."""
        elsewhere = about.at is not None and item.indexes and about.at not in item.indexes
        if about.step == "added":
            return item.is_ended or bool(elsewhere and item.kind in LISTS)
        same = about.step == "item" and item.likeness(about.item) in SAME
        return bool(item.is_ended and about.step != "so far" and elsewhere and not same)

    def _by_index(self, about: About) -> Item | None:
        """Rule 3: the newest item of the kind at the index, if it goes on."""
        here = [item for item in self._may_be(about) if about.at in item.indexes]
        return here[-1] if here and not begins_another(here[-1], about) else None

    def _by_state(self, about: About) -> Item | None:
        """Rule 4: an open item of the kind, one of the last."""
        recent = [item for item in self._may_be(about) if item in self[-LOOKED_FOR:] and not item.is_ended]
        mine = [item for item in recent if not begins_another(item, about)]
        if about.step == "item":
            groups = [*_alike(mine, about), mine if about.at is None and len(mine) == 1 else []]
        elif about.step in ("so far", "added"):
            groups = [_of_no_other_name(mine, about)] if about.at is None else []
        else:
            groups = _open_to(mine, about)
        return next((group[-1] for group in groups if group), None)


def _alike(mine: list[Item], about: About) -> list[list[Item]]:
    """Give the items whose text a whole item repeats or continues, and those that said nothing yet."""
    likeness = [(item, item.likeness(about.item)) for item in mine]
    return [[item for item, like in likeness if like in SAME], [item for item, like in likeness if like == "silent"]]


def _open_to(mine: list[Item], about: About) -> list[list[Item]]:
    """Give the items that a piece or a whole part may belong to, by rank.

    An id that is not known yet may be that of an item without one: the first one that was announced and said nothing.
    """
    saying = [item for item in mine if about.step == "part" and item.says(about)]
    silent = [item for item in mine if item.is_announced and item.is_silent()]
    if about.at is not None:
        return [saying, silent]
    nameless = [item for item in silent if about.id and not item.ids]
    return [saying, nameless[:1], _of_no_other_name(mine, about)]


def _of_no_other_name(mine: list[Item], about: About) -> list[Item]:
    return [item for item in mine if not (item.ids and about.is_unknown_to(item))]


def begins_another(item: Item, about: About) -> bool:
    """Rule 3: what has ended does not go on."""
    unknown = about.is_unknown_to(item)
    is_over = item.is_whole or (unknown and item.has_complete_arguments())
    if about.step == "added":
        return item.is_announced or item.is_ended or is_over
    if about.step == "piece":
        return bool(about.text) and is_over and (unknown or item.kind not in LISTS)
    if about.step == "part":
        return is_over and not item.says(about)
    return about.step == "item" and is_over and item.likeness(about.item) == "else"


def may_be(item: Item, kind: str, call_id: str | None) -> bool:
    """Rule 1: two kinds are two items, and two call_ids two calls."""
    return (not kind or item.kind in ("", kind)) and (not call_id or item.call_id in (None, call_id))


def _may_be_whole(item: Item, given: Object) -> bool:
    return may_be(item, kind_of(given), name_of(given.get("call_id")))


def _named(item: Item, given: Object) -> bool:
    called, named = name_of(given.get("call_id")), name_of(given.get("id"))
    return bool(called and called == item.call_id) or bool(named and named in item.ids)


def _named_equal(item: Item, given: Object) -> bool:
    return _named(item, given) and _equal(item, given)


def _equal(item: Item, given: Object) -> bool:
    return item.likeness(given) == "equal"


def _near(item: Item, given: Object) -> bool:
    return item.likeness(given) == "near" and (any(item.all_said(given).values()) or bool(item.member_said(given)))


def _any(_item: Item, _given: Object) -> bool:
    return True
