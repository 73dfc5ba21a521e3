"""Messages as Block Kit: every string inert, every limit kept by construction.

Text goes into `rich_text` and `plain_text` objects, which know no markup: a pasted `<!channel>` or `*bold*`
shows as it was written and does nothing. The blocks are plain dicts: slack_sdk's models accept overruns (11
radio options) and cost ten times as much per message; the tests read what is made back through them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from adapters.slack import limits
from adapters.slack.inbound import encode, encode_form
from adapters.slack.limits import LIMITS
from bot.messages import (
    Block,
    Button,
    ChoiceField,
    Choices,
    Code,
    Emphasis,
    Field,
    Fields,
    Form,
    Heading,
    Items,
    Message,
    Note,
    Progress,
    Text,
    TextField,
)
from bot.model import Source

Json = dict[str, object]

_MARKS = {True: "✓ ", False: "✗ ", None: ""}
_BAR = 10


def render(message: Message) -> Json:
    """Draw a message: `text` for notifications and screen readers, and its `blocks`."""
    blocks = _Drawing(LIMITS.blocks).draw(message.blocks)
    return {"text": cut(message.fallback, LIMITS.text) or "Laps", "blocks": blocks}


def render_home(message: Message) -> Json:
    """Draw the home view."""
    return {"type": "home", "blocks": _Drawing(limits.HOME_BLOCKS).draw(message.blocks)}


def render_form(form: Form, source: Source | None, conversation: str | None) -> Json:
    """Draw a form as a modal that remembers what sending it means and where it was opened."""
    blocks: list[Json] = []
    if form.intro:
        blocks.append(_rich([_section(form.intro)]))
    blocks += [_input(field) for field in form.fields]
    return {
        "type": "modal",
        "callback_id": f"laps:{form.name}",
        "title": _plain(form.title, limits.VIEW_TITLE),
        "submit": _plain(form.submit_label, limits.VIEW_SUBMIT),
        "close": _plain("Cancel", limits.VIEW_SUBMIT),
        "private_metadata": encode_form(form.submit, form.args, source, conversation),
        "blocks": blocks[: limits.MODAL_BLOCKS],
    }


def cut(text: str, limit: int) -> str:
    """Shorten a text to `limit` characters, the last of them an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


class _Drawing:
    """Draws blocks one after the other within a budget of characters."""

    def __init__(self, most_blocks: int) -> None:
        self._most_blocks = most_blocks
        self._left = LIMITS.whole_message
        self._blocks: list[Json] = []
        self._actions = 0
        self._rich_elements: list[Json] | None = None
        self._action_elements: list[Json] | None = None

    def draw(self, blocks: Sequence[Block]) -> list[Json]:
        """Draw them; neighbours of a kind share a block, and what is too much ends in an ellipsis."""
        for block in blocks:
            self._draw(block)
        return self._blocks[: self._most_blocks]

    def _draw(self, block: Block) -> None:
        match block:
            case Heading() | Text() | Items() | Code() | Fields():
                self._draw_text(block)
            case Progress(done, total, label):
                filled = round(_BAR * done / total)
                self._context(f"{'▰' * filled}{'▱' * (_BAR - filled)}  {label}")
            case Note(text):
                self._context(self._take(text, LIMITS.text))
            case Choices(options):
                self._choices(options)
            case Form():
                self._action(_form_button(block))

    def _draw_text(self, block: Heading | Text | Items | Code | Fields) -> None:
        match block:
            case Heading(text, 1):
                header = _plain(self._take(text, LIMITS.heading), LIMITS.heading)
                self._add({"type": "header", "text": header})
            case Heading(text):
                self._rich(_section(self._take(text, LIMITS.heading), bold=True))
            case Text(text, strong):
                for part in _parts(self._take(text, LIMITS.whole_message)):
                    self._rich(_section(part, bold=strong))
            case Items(items, marks):
                self._items(items, marks or (None,) * len(items))
            case Code(text, title):
                if title:
                    self._rich(_section(title, bold=True))
                for part in _parts(self._take(text, LIMITS.whole_message)):
                    self._rich({"type": "rich_text_preformatted", "elements": _runs(part)})
            case Fields(pairs):
                self._rich(_pairs([(self._take(n, 200), self._take(v, 1000)) for n, v in pairs]))

    def _items(self, items: Iterable[str], marks: Iterable[bool | None]) -> None:
        elements = [
            {"type": "rich_text_section", "elements": _runs(_MARKS[mark] + self._take(item, 1000))}
            for item, mark in zip(items, marks, strict=True)
        ]
        self._rich({"type": "rich_text_list", "style": "bullet", "elements": elements})

    def _choices(self, options: Sequence[Button]) -> None:
        """Draw buttons; where a label is too long for one, all are listed and the buttons say A, B, C."""
        listed = all(o.short for o in options if len(o.label) > limits.READABLE_BUTTON) and any(
            len(o.label) > limits.READABLE_BUTTON and o.short for o in options
        )
        if listed:
            lines = [f"{o.short}  {o.label}" for o in options if o.short]
            self._rich(_section(self._take("\n".join(lines), LIMITS.text)))
        for option in options:
            self._action(_button(option, option.short if listed and option.short else option.label))

    def _take(self, text: str, most: int) -> str:
        """Take a text out of the budget."""
        taken = cut(text, max(1, min(most, self._left)))
        self._left -= len(taken)
        return taken or "…"

    def _add(self, block: Json) -> None:
        self._rich_elements = self._action_elements = None
        block["block_id"] = f"b{len(self._blocks)}"
        self._blocks.append(block)

    def _rich(self, element: Json) -> None:
        if self._rich_elements is None:
            elements: list[Json] = []
            self._add(_rich(elements))
            self._rich_elements = elements
        self._rich_elements.append(element)

    def _context(self, text: str) -> None:
        self._add({"type": "context", "elements": [_plain(text, LIMITS.text)]})

    def _action(self, element: Json) -> None:
        self._actions += 1
        element["action_id"] = f"{element['action_id']}:{self._actions}"
        if self._action_elements is None or len(self._action_elements) >= LIMITS.buttons_in_a_row:
            elements: list[Json] = []
            self._add({"type": "actions", "elements": elements})
            self._action_elements = elements
        self._action_elements.append(element)


def _button(button: Button, shown: str) -> Json:
    element: Json = {
        "type": "button",
        "action_id": f"laps:{button.verb}",
        "text": _plain(shown, LIMITS.button_label),
        "value": encode(button.verb, button.args),
    }
    if shown != button.label:
        element["accessibility_label"] = cut(button.label, limits.ACCESSIBILITY_LABEL)
    return _styled(element, button.emphasis)


def _form_button(form: Form) -> Json:
    element: Json = {
        "type": "button",
        "action_id": f"laps:form:{form.name}",
        "text": _plain(form.open_label, LIMITS.button_label),
        "value": encode("form", {"form": form.name, **form.args}),
    }
    return _styled(element, form.emphasis)


def _styled(element: Json, emphasis: Emphasis) -> Json:
    if emphasis is not Emphasis.PLAIN:
        element["style"] = emphasis.value
    return element


def _input(field: Field) -> Json:
    return {
        "type": "input",
        "block_id": field.name,
        "label": _plain(field.label, limits.INPUT_LABEL),
        "optional": field.optional,
        "element": _text_input(field) if isinstance(field, TextField) else _choice_input(field),
    }


def _text_input(field: TextField) -> Json:
    most = min(field.max_length, limits.INPUT_TEXT)
    element: Json = {
        "type": "plain_text_input",
        "action_id": field.name,
        "multiline": field.multiline,
        "max_length": most,
    }
    if field.value:
        element["initial_value"] = field.value[:most]
    if field.placeholder:
        element["placeholder"] = _plain(field.placeholder, limits.PLACEHOLDER)
    return element


def _choice_input(field: ChoiceField) -> Json:
    """Draw radio buttons or checkboxes while there are few options, else a menu."""
    few = len(field.options) <= limits.RADIO_OPTIONS
    options = [
        {"text": _plain(label, LIMITS.choice_label), "value": value}
        for value, label in field.options[: limits.OPTIONS]
    ]
    chosen = [option for option in options if option["value"] in field.value]
    element: Json = {"action_id": field.name, "options": options}
    if field.many:
        element["type"] = "checkboxes" if few else "multi_static_select"
        if chosen:
            element["initial_options"] = chosen
        return element
    element["type"] = "radio_buttons" if few else "static_select"
    if chosen:
        element["initial_option"] = chosen[0]
    return element


def _plain(text: str, limit: int) -> Json:
    return {"type": "plain_text", "text": cut(text, limit) or "…", "emoji": False}


def _rich(elements: list[Json]) -> Json:
    return {"type": "rich_text", "elements": elements}


def _section(text: str, bold: bool = False) -> Json:
    run: Json = {"type": "text", "text": f"{text}\n"}
    if bold:
        run["style"] = {"bold": True}
    return {"type": "rich_text_section", "elements": [run]}


def _pairs(pairs: Iterable[tuple[str, str]]) -> Json:
    runs: list[Json] = []
    for name, value in pairs:
        runs.append({"type": "text", "text": f"{name}: ", "style": {"bold": True}})
        runs.append({"type": "text", "text": f"{value}\n"})
    return {"type": "rich_text_section", "elements": runs}


def _runs(text: str) -> list[Json]:
    return [{"type": "text", "text": text}]


def _parts(text: str) -> Iterable[str]:
    """Split a text where it is longer than one element should be, at a line's end if there is one."""
    while len(text) > LIMITS.text:
        at = text.rfind("\n", 1, LIMITS.text) + 1 or LIMITS.text
        yield text[:at]
        text = text[at:]
    yield text
