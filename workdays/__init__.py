"""The office's calendar: on which days it works, which are holidays, and which weekend days make up for one."""

from workdays.days import Holiday, Workdays
from workdays.keeping import load

__all__ = ["Holiday", "Workdays", "load"]
