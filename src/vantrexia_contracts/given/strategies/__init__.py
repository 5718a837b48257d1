"""Hypothesis strategies: whatever a patient may be called, whatever may be asked of the trail."""
