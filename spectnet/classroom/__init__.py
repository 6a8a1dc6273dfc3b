"""Assignments that are made from one source, and graded where a stranger's code can do no harm.

Taught in *For the teacher*.
"""
