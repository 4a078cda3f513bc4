//! What tests share: a mock clock, a seeded generator, an identity provider that signs responses.
