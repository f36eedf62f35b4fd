package frame

// Parity is a character format of seven data bits, written as "7e1"; empty or "8n1": bytes pass as they are.
type Parity string
