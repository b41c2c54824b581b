"""Published models, refitted from their replication files beside the published numbers."""

from pkstats.models.replications.refit import Replication, replicate, studies

__all__ = ["Replication", "replicate", "studies"]
