"""Charts and smart drawings: nothing of them comes in, so they are named by the first words that stand in them."""

from __future__ import annotations

from content.word.names import Element
from content.word.story import Story

_TEXTS = frozenset({"a:t", "c:v"})
_CHART = "{n} 个图表没有导入，请截图后以图片插入"
_SMART = "{n} 个智能图形没有导入，请截图后以图片插入"


def name(story: Story, element: Element) -> None:
    """Note a chart or a smart drawing that ``element`` refers to."""
    is_smart = element.tag == "dgm:relIds"
    relation = story.document.package.relations(story.part).get(
        element.get("r:dm" if is_smart else "r:id", "")
    )
    tree = story.document.package.tree(relation.target) if relation and not relation.outside else None
    words = [one.text or "" for one in tree.iter() if one.tag in _TEXTS] if tree is not None else []
    text = " ".join(word for word in words if word.strip())
    story.document.unseen.append(("图表或智能图形", "\n".join(words)))
    story.report.note(_SMART if is_smart else _CHART, text, where=True)
