"""The page's theme for its framework: the faces of the system and one accent; the rest is in `static/page.css`."""

from __future__ import annotations

import gradio as gr


def theme() -> gr.themes.Base:
    """Colours go by the names of `static/tokens.css`, the same for both modes."""
    sans = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"]
    base = gr.themes.Base(font=sans, font_mono=["ui-monospace", "Consolas", "monospace"])
    both = {
        "body_background_fill": "var(--paper)",
        "body_text_color": "var(--ink)",
        "body_text_color_subdued": "var(--soft)",
        "background_fill_primary": "var(--paper)",
        "background_fill_secondary": "var(--raised)",
        "block_background_fill": "transparent",
        "border_color_primary": "var(--line)",
        "border_color_accent": "var(--accent)",
        "link_text_color": "var(--accent)",
        "link_text_color_hover": "var(--accent)",
        "link_text_color_visited": "var(--accent)",
        "link_text_color_active": "var(--accent)",
        "input_background_fill": "var(--raised)",
        "input_background_fill_focus": "var(--raised)",
        "input_border_color": "var(--edge)",
        "input_border_color_focus": "var(--accent)",
        "input_placeholder_color": "var(--soft)",
        "button_primary_background_fill": "var(--accent)",
        "button_primary_background_fill_hover": "var(--accent)",
        "button_primary_text_color": "var(--on-accent)",
        "button_secondary_background_fill": "transparent",
        "button_secondary_background_fill_hover": "var(--wash)",
        "button_secondary_text_color": "var(--ink)",
        "button_secondary_border_color": "var(--edge)",
        "error_background_fill": "var(--raised)",
    }
    dark = {f"{name}_dark": value for name, value in both.items()}
    return base.set(
        **both, **dark, color_accent="var(--accent)", block_border_width="0px", block_label_text_size="1rem"
    )
