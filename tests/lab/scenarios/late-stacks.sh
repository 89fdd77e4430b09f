# kernels: 5.10 6.1 6.12 7.3
# record --stacks unwinds the calls of programs that have ended before it looks, or counts what it can't.
live late_stacks
