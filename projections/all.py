"""All views, by name and in the order in which a page of the log is folded into them."""

from projections.activity import ActivityView
from projections.apps import AppsView
from projections.budget import BudgetView
from projections.credentials import CredentialsView
from projections.directory import DirectoryView
from projections.messages import MessagesView
from projections.roles import RolesView
from projections.search import SearchView
from projections.sessions import SessionsView
from projections.tags import TagsView
from projections.tickets import TicketsView
from projections.view import View

VIEWS: tuple[View, ...] = (
    DirectoryView(),
    RolesView(),
    TicketsView(),
    MessagesView(),
    TagsView(),
    CredentialsView(),
    SessionsView(),
    AppsView(),
    ActivityView(),
    BudgetView(),
    SearchView(),
)
