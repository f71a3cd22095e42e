"""Tables and nothing else, one file an aggregate; column types; the session scope; migrations."""

from database.base import Base, UtcDateTime
from models.access import RecoveryCode, SecondFactor, SignInDelay
from models.activities import Activity, ActivityBranch, CheckIn, MakeUpRequest
from models.content import Article, ArticleRevision, Asset, Column, Review
from models.inbound import (
    Conversation,
    InboundMessage,
    KeywordReply,
    Menu,
    OutboxMessage,
    SpoolFailure,
)
from models.people import Follower, FollowerTag, ImportRun, Member, TagChange
from models.places import Area, Branch, Community, Grid
from models.pushes import Delivery, JobResult, Push, PushArticle, QuotaUse
from models.system import CallRest, InstanceLease, RetentionRun, Setting, SharedToken
from models.users import ROLE_NAMES, ROLES, AuditEntry, LoginSession, User

__all__ = [
    "ROLES",
    "ROLE_NAMES",
    "Activity",
    "ActivityBranch",
    "Area",
    "Article",
    "ArticleRevision",
    "Asset",
    "AuditEntry",
    "Base",
    "Branch",
    "CallRest",
    "CheckIn",
    "Column",
    "Community",
    "Conversation",
    "Delivery",
    "Follower",
    "FollowerTag",
    "Grid",
    "ImportRun",
    "InboundMessage",
    "InstanceLease",
    "JobResult",
    "KeywordReply",
    "LoginSession",
    "MakeUpRequest",
    "Member",
    "Menu",
    "OutboxMessage",
    "Push",
    "PushArticle",
    "QuotaUse",
    "RecoveryCode",
    "RetentionRun",
    "Review",
    "SecondFactor",
    "Setting",
    "SharedToken",
    "SignInDelay",
    "SpoolFailure",
    "TagChange",
    "User",
    "UtcDateTime",
]
