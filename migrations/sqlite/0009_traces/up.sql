-- The provider's message without its values, as the administrator who looks for a fault needs it.
ALTER TABLE login_traces ADD COLUMN message TEXT;
