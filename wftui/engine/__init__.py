"""Engine: executor, scheduler, step context, resume and rerun of plans.

It emits events and knows no frontend.
"""
