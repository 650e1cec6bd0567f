"""Records of processing activities (GDPR Article 30) as a graph: store, questions, findings, exports."""

__version__ = "0.1.0"
