"""The columns that hold nothing about a person: numbers, times, states, places, texts of the office, keys of machines.

Whoever adds a column puts it here or into the table of :mod:`operations.retention`; a test holds both against the database.
"""

from __future__ import annotations

IMPERSONAL: dict[str, str] = {
    "activity": (
        "id title keyword kind purpose place starts_at ends_at for_all status created_at frozen_at template voluntary question "
        "expects sign_up places keep_months folded_at version"
    ),
    "activity_branch": "activity_id branch_id",
    "activity_change": "id activity_id at note fields told silent",
    "activity_template": (
        "key name purpose voluntary question expects minutes keep_months sign_up active updated_at"
    ),
    "activity_leave": "id",
    "activity_total": "activity_id branch_id expected checked_in made_up on_leave",
    "area": "id name sort",
    "arrival": "id",
    "article": (
        "id column_id title digest html cover_sha256 cover_square source_url status stage hash version created_at "
        "updated_at submitted_at review_stages waits_since reminded_at queued_at queue_position published_at "
        "published_url wechat_article_id "
        "msg_data_id warnings cleaned_by_rules"
    ),
    "article_draft": "article_id base_version saved_at",
    "article_hold": "article_id tab since seen_at",
    "article_revision": (
        "id article_id version title digest html cover_sha256 cover_square source_url column_id hash saved_at note"
    ),
    "article_text": "article_id edition title body",
    "asset": "sha256 media_type width height size_bytes wechat_url media_id created_at",
    "audit_entry": "id prev_hash hash keyed",
    "batch_file": (
        "id batch_id sha256 stored status reason article_id warnings attempts finished_at lease_owner lease_until"
    ),
    "branch": "id name short_name community_id sort tag_id qr_ticket active",
    "branch_name": "id key name branch_id kept_at",
    "call_rest": "group until reason code",
    "chat_group": "id branch_id name kind robot robot_hint archived_at created_at version",
    "check_in": "id",
    "check_in_screen": "activity_id secret code_only network started_at",
    "column": "id key name description sort slots active review_stages",
    "column_reviewer": "column_id stage",
    "community": "id area_id name sort tag_id",
    "consent": "id",
    "correction": "id article_id kind draft_id note status asked_at due_at decided_at removals_made notified",
    "data_request": "id",
    "delivery": (
        "id push_id correction_id branch_id road key status target_kind target_id target recipients due_at lease_owner "
        "lease_until expires_at attempts called_at accepted_at finished_at media_id msg_id msg_data_id error_code error "
        "total_count filter_count sent_count error_count spends_consent"
    ),
    "emergency_release": (
        "id article_id status content_hash version first_at second_at stage last_stage due_at settled_at"
    ),
    "follower": "id subscribed gone subscribed_at unsubscribed_at",
    "grid": "id community_id name sort",
    "handover": "id first_day last_day made_at ended_at",
    "holiday_year": "year state changed_at",
    "import_batch": "id column_id created_at",
    "import_change": "id run_id written_at",
    "import_run": "id kind file_sha256 at created updated unchanged failed unwritten undone undone_at",
    "inbound_message": "id outcome",
    "instance_lease": "id fingerprint confirmed_at",
    "job_result": "id kind msg_id status data at matched",
    "keyword_reply": "id pattern whole kind content active sort updated_at",
    "link_opening": "push_id road branch_id day opens",
    "kit": "id push_id delivery_id group_id token made_at forwarded_at",
    "lexicon_entry": "id kind reason severity apart rank until active shipped since gone changed_at",
    "lexicon_version": "number made_at note entries digest",
    "make_up_request": "id",
    "member": "id active created_at updated_at erased_at",
    "member_move": "id at transfer_id",
    "member_transfer": "id branch_id moved_on reason people at taken_back_at",
    "menu": "id buttons updated_at published_at",
    "notice_consent": "id",
    "push": (
        "id kind title audience meant road status due_at activity_id slot_key note planned_at planned_roads planned skipped "
        "confirmed urgent often again_of decided_at "
        "draft_media_id draft_made_at started_at finished_at lease_owner lease_until created_at version"
    ),
    "push_article": "push_id position article_id content_hash",
    "quota_use": "id period delivery_id push_id state at",
    "removal": "id correction_id road msg_id position status attempts due_at error done_at",
    "retention_run": "kind started_at finished_at removed total",
    "recovery_code": "id",
    "review": "id article_id stage decision content_hash at void release_id",
    "review_alert": "id article_id release_id stage",
    "review_comment": "id article_id content_hash quote at answered_at settled_at",
    "setting": "name value updated_at",
    "saved_audience": "id name text meant created_at",
    "special_day": "day year name works",
    "shared_token": (
        "name value expires_at fetched_at lock_owner lock_until forced_at forced_day forced_count halted"
    ),
    "spool_failure": "id error attempts",
    "sync_run": (
        "id by night open_key started_at finished_at all_read listed total added gone drift error lease_owner "
        "lease_until"
    ),
    "tag_change": "id kind attempts due_at error",
    "telling": "id",
    "user": "id created_at",
    "wechat_tag": "id name seen_at",
    "wording_check": "id article_id version content_hash lexicon confirms hints checked_at",
    "wording_confirmation": "id article_id version key rule shown places at",
}
"""Table → the names of its columns."""
