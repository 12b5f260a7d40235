"""The orchestrator: phases, approvals, journal, contract, reports and the command line."""
