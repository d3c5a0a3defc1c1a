# Applications of the reading software
[ARCHIVE1]
    PORT_NUMBER  = 104         # the archive's own
    HOST_NAME    = 10.20.0.5
    SERVICE_LIST = Reading_Services

[Reading_Services]
    SERVICES_SUPPORTED = 3
    SERVICE_1     = STANDARD_ECHO
    SERVICE_2     = STANDARD_CT
    SYNTAX_LIST_2 = Reading_Syntaxes
    ROLE_2        = BOTH
    SERVICE_3     = STUDY_ROOT_QR_FIND
    EXT_NEG_INFO_3 = 0x01 0x00

[Reading_Syntaxes]
    SYNTAXES_SUPPORTED = 2
    SYNTAX_1 = JPEG_LOSSLESS_HIER_14
    SYNTAX_2 = EXPLICIT_LITTLE_ENDIAN
