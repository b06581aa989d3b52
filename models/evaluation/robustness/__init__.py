"""What changes a face and what that costs: delivery, degradation, attacks, turning, and harmless edits."""
