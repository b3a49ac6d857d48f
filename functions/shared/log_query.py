"""The condition of Logs Insights queries for lines with the level of an error.

The dashboard's tables have it, which have few bytes, and the links in messages, whose length is limited. The
saved query of the catalog extends it.

Standard library only: the notifier's zip contains this module.
"""

from __future__ import annotations

HAS_LEVEL = r"""level in ['ERROR', 'CRITICAL', 'FATAL']
  or (not ispresent(level) and @message like /ERROR|FATAL|CRITICAL|SEVERE/)
  or @message like /(?i)(level|severity|@l)[a-z_]*"?[=:] ?"?(error|crit|fatal|d?panic|alert|emerg|[56]0\b)/"""
"""Lines with the level of an error, of most loggers (docs/logs.md)."""
