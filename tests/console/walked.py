"""What the walk past all addresses needs (:mod:`tests.console.test_nobody_sees`): who lives there, the doors, and the forms."""

from __future__ import annotations

from typing import Any

OWN = {"鲜于澹": "13877650001", "裘砚舟": "13877650002", "酆听雪": "13877650003"}
OTHERS = {"訾望川": "13877660001", "佴怀瑾": "13877660002", "亓晚棠": "13877660003", "宓见深": "13877660004"}
PHONES = {*OWN.values(), *OTHERS.values()}
DOORS = {
    "console.member_post",
    "branch.record_names",
    "branch.hand_list_names",
    "console.activity_export",
    "branch.export",
    "console.member_file",
    "console.request_reveal",
    *("console.activity_print_post", "branch.activity_print_post"),
    *("console.activity_sheet_post", "branch.activity_sheet_post"),
}
"""What shows a name in clear to who has the right and gives a reason. Of people out of scope it shows none, even so."""
DOORS_OF_THE_BRANCH = {
    *("console.ledger_export", "branch.ledger_export"),
    *("console.ledger_print_post", "branch.ledger_print_post"),
}
"""The same for the branch's own secretary alone: who came and who did not, in a month. Others get the figures."""
NOT_WALKED = ("static", "scripts", "console.sign_out")
UNANSWERED = {
    # of those who work here, their accounts and their second step: no member stands there
    *(
        "console.account_new_post",
        "console.account_password",
        "console.account_sessions",
        "console.account_two_step",
    ),
    *("console.devices_end", "console.two_step_codes", "console.two_step_confirm", "console.two_step_stop"),
    "console.sign_in_post",
    # of articles, words and pushes, which know of no member
    *(
        "console.article_batch",
        "console.article_batch_file",
        "console.article_batch_new",
        "console.article_bring_back",
    ),
    *(
        "console.article_confirm",
        "console.article_hold",
        "console.article_import_post",
    ),
    *(
        "console.article_new_post",
        "console.article_preview",
        "console.article_review_post",
        "console.column_new_post",
    ),
    *(
        "console.audience_remove",
        "console.audience_save",
        "console.lexicon_entry",
        "console.lexicon_entry_post",
    ),
    *(
        "console.lexicon_import_confirm",
        "console.lexicon_import_post",
        "console.lexicon_new_post",
        "console.lexicon_switch",
    ),
    *("console.lexicon_version", "console.menu_post", "console.picture_copy", "console.picture_upload"),
    *("console.push_again", "console.push_confirm", "console.push_new_post"),
    *("console.push_release", "console.push_reschedule", "console.reply", "console.reply_delete"),
    *("console.reply_new_post", "console.reply_post"),
    *(
        "console.article_countersign",
        "console.article_release",
        "console.article_release_drop",
        "console.comment_answer",
    ),
    *("console.comment_make", "console.comment_settle", "console.handover_end", "console.handover_make"),
    *(
        "console.article_notify",
        "console.article_notify_post",
        "console.article_remark_do",
    ),  # numbers of followers alone
    # of places and days
    *(
        "console.branch_name_remove",
        "console.branch_qr_picture",
        "console.places_import_post",
        "console.posters_post",
    ),
    *("console.workdays_edit", "console.workdays_read", "console.workdays_save", "console.workdays_year"),
    # they settle a request or message of one kind and lead back to its list, which is walked
    *("console.aside_settle", "console.request_offer", "console.request_replace", "console.request_unlock"),
    # pictures, the size of letters, what is nowhere; the list of what "api.get_article" shows, which is walked
    *("reader.asset", "reader.text_size", "reader.nowhere", "api.list_articles"),
    # one follower's own link, which opens once: tests/reader/test_my_data.py
    *("reader.me_open", "reader.me_open_post"),
    # without a robot nothing is tried; they lead back to the group's page, which is walked
    *("branch.group_try", "console.group_try"),
    # the code of a screen, good for seconds: tests/reader/test_arriving.py
    *("reader.arrive", "reader.arrive_here", "reader.arrive_here_post"),
    # what one follower passes on to a group, by a token that nobody guesses: tests/reader/test_kits.py
    *("reader.kit_poster",),
    # a signature, or nothing for an account without notices: tests/reader/test_subscribing_on_the_phone.py
    *("reader.notices_sign",),
    # what became of an article's page at WeChat; they lead back to the list of corrections, which is walked
    *("console.removal_ask", "console.removal_mended"),
    # for the demo alone
    "console.components",
}
"""What answers none of this walk's requests, with the reason why nothing is missed; everything else must have answered."""
WALKERS = ("admin", "editor", "first", "secretary", "auditor", "")
FORM = {
    "reason": "核对报名情况",
    "why": "核对报名情况",
    "unmask": "yes",
    "confirm": "yes",
    "sure": "yes",
    "title": "走访",
    "name": "走访",
    "purpose": "集中学习",
    "text": "走访",
    "decision": "approve",
    "scope": "chosen",
    "username": "walker",
    "role": "secretary",
    "pattern": "走访",
    "content": "走访",
    "comment": "走访",
    "audience": "branch:1",
    "road": "template",
    "password": "x",
    "starts_at": "2026-01-01T09:00",
    "ends_at": "2036-01-01T09:00",
    "branch": ["1", "2"],
    "member": ["1", "4", "5", "6"],
    "names": "甲乙丙\n丁戊己",
    "phone": "13877670001",
    "other": "2",
    "wechat": "kept",
    "target": "2",
    "only_valid": "yes",
    "note": "原文有误，特此更正。",
}
ONE = {"member": ["1"]}
GROUP = {"kind": "wechat"}
FORMS: dict[str, dict[str, Any]] = {
    **dict.fromkeys(("branch.group_new_post", "branch.group_post"), GROUP),
    **dict.fromkeys(("console.group_new_post", "console.group_post"), GROUP),
    "console.correction_retract": {"note": "活动已取消。"},
    "console.correction_note_post": {"note": "活动已经取消。", "seen": "活动已取消。"},
    "console.activity_edit_post": {"version": "1"},
    "branch.edit_post": {"version": "1"},
    "console.activity_template_post": {"voluntary": "自愿参加", "minutes": "60", "keep_months": "0"},
    "console.transfer_check": ONE,
    "console.transfer_do": ONE,
    "console.request_post": {"decision": "done"},
    "console.members_branch": {"branch": "走访党支部"},
}
UPLOADED = {
    "console.members_branch",
    "console.members_check",
    "console.members_confirm",
    "console.members_errors",
}
