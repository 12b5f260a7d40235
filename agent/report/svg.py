"""Small pieces of SVG: shapes and text whose colours come from the page, escaped and described for readers."""

from __future__ import annotations

from markupsafe import Markup, escape

from agent.report.words import plain

LARGEST = 1.1  # how far a wide page may enlarge a picture
CHARACTER = 0.57  # mean width of a character against the font size, sans serif


class Picture:
    """Collects shapes in units of its own; least: pixels per unit below which it is scrolled instead of shrunk."""

    def __init__(
        self, identifier: str, title: str, description: str, width: float, height: float, least: float = 0.68
    ) -> None:
        self.identifier = identifier
        self.title = title
        self.description = description
        self.width = width
        self.height = height
        self.least = least
        self._parts: list[Markup] = []

    def rectangle(self, x: float, y: float, width: float, height: float, style: str, tip: str = "") -> None:
        """A rectangle; style: a class of the page, tip: what a pointer is told."""
        box = f'x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" rx="2"'
        self._add(Markup("<rect class='{}' {}>{}</rect>").format(style, Markup(box), _tip(tip)))

    def text(self, x: float, y: float, text: str, style: str = "label", anchor: str = "start", room: float = 0) -> None:
        """Text, cut to the room that it has (0: as long as it is); anchor says which part of it x is."""
        shown = fit(plain(text), room) if room else plain(text)
        tip = _tip(text) if shown != text else Markup("")
        place = Markup(f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"')
        self._add(Markup("<text class='{}' {}>{}{}</text>").format(style, place, shown, tip))

    def line(self, x1: float, y1: float, x2: float, y2: float, style: str = "rule") -> None:
        """A straight line."""
        ends = Markup(f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"')
        self._add(Markup("<line class='{}' {}/>").format(style, ends))

    def dot(self, x: float, y: float, radius: float, style: str, tip: str = "") -> None:
        """A filled circle."""
        place = Markup(f'cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"')
        self._add(Markup("<circle class='{}' {}>{}</circle>").format(style, place, _tip(tip)))

    def curve(self, x1: float, y1: float, x2: float, y2: float, style: str, bow: float = 0, tip: str = "") -> None:
        """A curve that leaves and arrives level; bow: how far it swings out to the right, for neighbours."""
        middle = (x1 + x2) / 2
        one, other = (x1 + bow, x2 + bow) if bow else (middle, middle)
        path = Markup(f'd="M{x1:.1f},{y1:.1f} C{one:.1f},{y1:.1f} {other:.1f},{y2:.1f} {x2:.1f},{y2:.1f}"')
        self._add(Markup("<path class='{}' {}>{}</path>").format(style, path, _tip(tip)))

    def markup(self) -> Markup:
        """The whole picture."""
        head = Markup(
            '<svg viewBox="0 0 {w:.0f} {h:.0f}" style="max-width:{most:.0f}px;min-width:{least:.0f}px" role="img" '
            'aria-labelledby="{i}-title {i}-desc"><title id="{i}-title">{t}</title><desc id="{i}-desc">{d}</desc>'
        ).format(
            w=self.width,
            h=self.height,
            most=self.width * LARGEST,
            least=self.width * self.least,
            i=self.identifier,
            t=plain(self.title),
            d=plain(self.description),
        )
        return head + Markup("\n").join(self._parts) + Markup("</svg>")

    def _add(self, part: Markup) -> None:
        self._parts.append(part)


def fit(text: str, room: float, font: float = 12) -> str:
    """Text cut to a width, with three dots where something is left out."""
    characters = max(int(room / (font * CHARACTER)), 2)
    return text if len(text) <= characters else text[: characters - 1] + "…"


def _tip(text: str) -> Markup:
    return Markup("<title>{}</title>").format(escape(plain(text))) if text else Markup("")
