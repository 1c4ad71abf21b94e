"""The reader of audit logs: what auditd(8) writes, ``ausearch --raw`` prints, and the kernel logs where no auditd runs."""

from nslsm.importers.traces.auditd.reader import AuditReader

__all__ = ["AuditReader"]
