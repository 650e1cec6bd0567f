"""The catalogue of questions, their forms, and answers as tables and sheets."""
