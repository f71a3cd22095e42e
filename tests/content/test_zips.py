"""A zip of Word files: each goes in or says why not, whatever is wrong with another."""

from __future__ import annotations

import io
import zipfile

import pytest

from content import zips


def test_one_bad_file_of_a_zip_costs_the_others_nothing() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as package:
        for name, data in (("a.docx", b"one"), ("b.docx", b"torn"), ("c.docx", b"this")):
            package.writestr(name, data)
        with pytest.warns(UserWarning, match="Duplicate name"):
            package.writestr("c.docx", b"that")
    members = zips.members(made.getvalue().replace(b"torn", b"tore", 1))
    assert [(one.name, one.data) for one in members] == [("a.docx", b"one"), ("b.docx", b""), ("c.docx", b"")]
    assert [one.reason[:8] for one in members] == ["", "在压缩包里已损坏", "压缩包里有两个文"]
