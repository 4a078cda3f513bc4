//! The domain: identifiers, time, randomness, entities, login policy.
