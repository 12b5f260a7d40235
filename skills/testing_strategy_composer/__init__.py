"""testing-strategy-composer: when a migration is accepted, the tests that say so, and what it did to speed."""
