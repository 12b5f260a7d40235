"""The parts of the contract, each made from what the skills gave, with the evidence for its figures."""
