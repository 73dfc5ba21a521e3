"""Forms as modals: fields as input blocks, and what sending means in `private_metadata`."""

from __future__ import annotations

from adapters.slack import limits
from adapters.slack.carried import encode_form
from adapters.slack.limits import LIMITS
from adapters.slack.render import Json, draw, plain
from adapters.slack.sizes import cut
from bot.messages import ChoiceField, Form, Message, Text, TextField
from bot.model import Source


def render_form(form: Form, source: Source | None, conversation: str | None) -> Json:
    """Draw a form as a modal that remembers what sending it means and where it was opened."""
    intro = draw((Text(form.intro),), 1) if form.intro else []
    fields = [
        _input(field)
        for field in form.fields
        if isinstance(field, TextField) or (isinstance(field, ChoiceField) and field.options)
    ]
    return {
        "type": "modal",
        "callback_id": cut(f"laps:{form.name}", limits.CALLBACK),
        "title": plain(form.title, limits.VIEW_TITLE),
        "submit": plain(form.submit_label, limits.VIEW_SUBMIT),
        "close": plain("Cancel", limits.VIEW_SUBMIT),
        "private_metadata": encode_form(form.submit, form.args, source, conversation, limits.METADATA),
        "blocks": [*intro, *fields][: limits.MODAL_BLOCKS],
    }


def render_notice(message: Message) -> Json:
    """Draw a modal that only says something."""
    blocks = message.blocks or (Text(message.fallback),)
    return {
        "type": "modal",
        "title": plain("Laps", limits.VIEW_TITLE),
        "close": plain("Close", limits.VIEW_SUBMIT),
        "blocks": draw(blocks, limits.MODAL_BLOCKS),
    }


def _input(field: TextField | ChoiceField) -> Json:
    return {
        "type": "input",
        "block_id": field.name,
        "label": plain(field.label, limits.INPUT_LABEL),
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
        element["initial_value"] = cut(field.value, most)
    if field.placeholder:
        element["placeholder"] = plain(field.placeholder, limits.PLACEHOLDER)
    return element


def _choice_input(field: ChoiceField) -> Json:
    """Draw radio buttons or checkboxes while there are few options, else a menu."""
    few = len(field.options) <= limits.RADIO_OPTIONS
    options = [
        {"text": plain(label, LIMITS.choice_label), "value": value}
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
