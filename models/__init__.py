"""Tables and nothing else, one file an aggregate; column types; the session scope; migrations."""

from database.base import Base, UtcDateTime
from models.access import RecoveryCode, SecondFactor, SignInDelay
from models.activities import (
    Activity,
    ActivityBranch,
    ActivityStatus,
    CheckIn,
    CheckInWay,
    ExpectedMember,
    MakeUpRequest,
    MakeUpStatus,
)
from models.batches import BatchFile, BatchFileStatus, ImportBatch
from models.content import Article, ArticleRevision, ArticleStatus, Asset, Column, Review
from models.inbound import (
    Conversation,
    InboundMessage,
    KeywordReply,
    Menu,
    SpoolFailure,
)
from models.lexicon import LexiconEntry, LexiconVersion, WordingCheck, WordingConfirmation
from models.people import Follower, FollowerTag, ImportRun, Member, TagChange, WeChatTag
from models.places import Area, Branch, Community, Grid
from models.pushes import (
    Delivery,
    DeliveryStatus,
    JobResult,
    Push,
    PushArticle,
    PushStatus,
    QuotaUse,
    SavedAudience,
    Target,
)
from models.system import CallRest, InstanceLease, RetentionRun, Setting, SharedToken
from models.users import ROLE_NAMES, ROLES, AuditEntry, LoginSession, User
from models.writing import ArticleDraft, ArticleHold

FORMER_TABLES = frozenset({"outbox_message"})
"""Tables of ours that a migration has done away with: a backup, or a database, of before holds them."""

__all__ = [
    "FORMER_TABLES",
    "ROLES",
    "ROLE_NAMES",
    "Activity",
    "ActivityBranch",
    "ActivityStatus",
    "Area",
    "Article",
    "ArticleDraft",
    "ArticleHold",
    "ArticleRevision",
    "ArticleStatus",
    "Asset",
    "AuditEntry",
    "Base",
    "BatchFile",
    "BatchFileStatus",
    "Branch",
    "CallRest",
    "CheckIn",
    "CheckInWay",
    "Column",
    "Community",
    "Conversation",
    "Delivery",
    "DeliveryStatus",
    "ExpectedMember",
    "Follower",
    "FollowerTag",
    "Grid",
    "ImportBatch",
    "ImportRun",
    "InboundMessage",
    "InstanceLease",
    "JobResult",
    "KeywordReply",
    "LexiconEntry",
    "LexiconVersion",
    "LoginSession",
    "MakeUpRequest",
    "MakeUpStatus",
    "Member",
    "Menu",
    "Push",
    "PushArticle",
    "PushStatus",
    "QuotaUse",
    "RecoveryCode",
    "RetentionRun",
    "Review",
    "SavedAudience",
    "SecondFactor",
    "Setting",
    "SharedToken",
    "SignInDelay",
    "SpoolFailure",
    "TagChange",
    "Target",
    "User",
    "UtcDateTime",
    "WeChatTag",
    "WordingCheck",
    "WordingConfirmation",
]
