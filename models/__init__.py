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
from models.announcing import ActivityChange, ActivityTemplate, ActivityTotal, SignUp
from models.arriving import Arrival, CheckInScreen, CodeTry, Leave, LeaveWay
from models.batches import BatchFile, BatchFileStatus, ImportBatch
from models.content import Article, ArticleRevision, ArticleStatus, Asset, Column, Review
from models.corrections import Correction, CorrectionKind, CorrectionStatus, Removal, RemovalStatus
from models.following import ListedFollower, SyncRun
from models.groups import ChatGroup, GroupKind
from models.inbound import (
    Conversation,
    InboundMessage,
    KeywordReply,
    Menu,
    SpoolFailure,
)
from models.kits import Kit, LinkOpening
from models.lexicon import LexiconEntry, LexiconVersion, WordingCheck, WordingConfirmation
from models.moves import MemberMove, MemberTransfer
from models.notices import NoticeConsent
from models.own import (
    Consent,
    ConsentEnd,
    ConsentWay,
    DataRequest,
    OwnLink,
    RequestKind,
    RequestStatus,
    Telling,
)
from models.people import Follower, FollowerTag, ImportChange, ImportRun, Member, TagChange, WeChatTag
from models.places import Area, Branch, BranchName, Community, Grid
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
from models.reviewing import ColumnReviewer, Handover, Release, ReleaseStatus, ReviewAlert, ReviewComment
from models.searching import ARTICLE_GRAMS, ArticleText
from models.system import CallRest, InstanceLease, RetentionRun, Setting, SharedToken
from models.users import ROLE_NAMES, ROLES, AuditEntry, LoginSession, User
from models.workdays import HolidayYear, SpecialDay, YearState
from models.writing import ArticleDraft, ArticleHold

FORMER_TABLES = frozenset({"outbox_message"})
"""Tables of ours that a migration has done away with: a backup, or a database, of before holds them."""

DERIVED_TABLES = frozenset({"article_text"})
"""Tables that are made from others: no backup holds them, and whoever restores one fills them anew."""

__all__ = [
    "ARTICLE_GRAMS",
    "DERIVED_TABLES",
    "FORMER_TABLES",
    "ROLES",
    "ROLE_NAMES",
    "Activity",
    "ActivityBranch",
    "ActivityChange",
    "ActivityStatus",
    "ActivityTemplate",
    "ActivityTotal",
    "Area",
    "Arrival",
    "Article",
    "ArticleDraft",
    "ArticleHold",
    "ArticleRevision",
    "ArticleStatus",
    "ArticleText",
    "Asset",
    "AuditEntry",
    "Base",
    "BatchFile",
    "BatchFileStatus",
    "Branch",
    "BranchName",
    "CallRest",
    "ChatGroup",
    "CheckIn",
    "CheckInScreen",
    "CheckInWay",
    "CodeTry",
    "Column",
    "ColumnReviewer",
    "Community",
    "Consent",
    "ConsentEnd",
    "ConsentWay",
    "Conversation",
    "Correction",
    "CorrectionKind",
    "CorrectionStatus",
    "DataRequest",
    "Delivery",
    "DeliveryStatus",
    "ExpectedMember",
    "Follower",
    "FollowerTag",
    "Grid",
    "GroupKind",
    "Handover",
    "HolidayYear",
    "ImportBatch",
    "ImportChange",
    "ImportRun",
    "InboundMessage",
    "InstanceLease",
    "JobResult",
    "KeywordReply",
    "Kit",
    "Leave",
    "LeaveWay",
    "LexiconEntry",
    "LexiconVersion",
    "LinkOpening",
    "ListedFollower",
    "LoginSession",
    "MakeUpRequest",
    "MakeUpStatus",
    "Member",
    "MemberMove",
    "MemberTransfer",
    "Menu",
    "NoticeConsent",
    "OwnLink",
    "Push",
    "PushArticle",
    "PushStatus",
    "QuotaUse",
    "RecoveryCode",
    "Release",
    "ReleaseStatus",
    "Removal",
    "RemovalStatus",
    "RequestKind",
    "RequestStatus",
    "RetentionRun",
    "Review",
    "ReviewAlert",
    "ReviewComment",
    "SavedAudience",
    "SecondFactor",
    "Setting",
    "SharedToken",
    "SignInDelay",
    "SignUp",
    "SpecialDay",
    "SpoolFailure",
    "SyncRun",
    "TagChange",
    "Target",
    "Telling",
    "User",
    "UtcDateTime",
    "WeChatTag",
    "WordingCheck",
    "WordingConfirmation",
    "YearState",
]
